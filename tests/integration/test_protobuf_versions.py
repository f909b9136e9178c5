"""The wheel, installed on its own, works with protobuf 6 and with protobuf 7."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from venv import EnvBuilder

import pytest

from tests.contract.sources import ROOT
from tests.unit.scripted_server import scripted_server

pytestmark = pytest.mark.slow

SMOKE = """
import asyncio, json, sys
from importlib.metadata import distributions, version

from littlegiants.client import GeneratorClient
from littlegiants.kinds import Kind
from littlegiants.tasks import Task, draw_prompt
from littlegiants.v1 import generator_pb2
from littlegiants.wire import prompt_from_wire, task_to_wire

task = Task(Kind.STS, "Home/Gardening", "Tell how alike two texts are.")
prompt = draw_prompt(task, seed=1)
message = generator_pb2.GenerateRequest(
    task=task_to_wire(task, prompt.attributes), seed=prompt.seed
)
read = generator_pb2.GenerateRequest.FromString(message.SerializeToString())

async def ask():
    async with GeneratorClient(sys.argv[1]) as client:
        await client.wait_until_serving(30)
        one = await client.generate(prompt)
        batch = [answer async for answer in client.generate_batch([prompt] * 3)]
        return [bool(answer.sample) for answer in (*one, *batch)]

print(json.dumps({
    "protobuf": version("protobuf"),
    "is_same": prompt_from_wire(read) == prompt,
    "have_samples": asyncio.run(ask()),
    "installed": sorted(each.name.lower() for each in distributions()),
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, timeout=120)
    return next(folder.glob("*.whl"))


@pytest.mark.parametrize(
    ("wanted", "found"), [("protobuf==6.33.6", "6."), ("protobuf>=7", "7.")], ids=["6", "7"]
)
async def test_the_wheel_works_with_protobuf(
    wanted: str, found: str, wheel: Path, tmp_path: Path
) -> None:
    await asyncio.to_thread(EnvBuilder(with_pip=True).create, tmp_path / "venv")
    python = tmp_path / "venv/bin/python"
    await _run(python, "-m", "pip", "install", "--quiet", str(wheel), wanted)
    async with scripted_server() as server:
        told = json.loads(await _run(python, "-W", "error", "-c", SMOKE, server.address))
        info = json.loads(
            await _run(tmp_path / "venv/bin/littlegiants", "info", "--address", server.address)
        )
    assert told["protobuf"].startswith(found)
    assert told["is_same"]
    assert told["have_samples"] == [True] * 4
    assert not {"torch", "vllm", "numpy", "transformers", "kfp"} & set(told["installed"])
    assert info["weights_digest"] == "first"


async def _run(program: Path, *arguments: str) -> bytes:
    """What a program prints, in a folder that does not hold this repository."""
    process = await asyncio.create_subprocess_exec(
        program, *arguments, cwd=program.parent, stdout=-1, stderr=-1
    )
    output, said = await asyncio.wait_for(process.communicate(), 300)
    assert process.returncode == 0, said.decode()[-2000:]
    return output
