"""The example for Node asks a real service, and notices what goes wrong."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from services.generator.engine.scripted_engine import ScriptedEngine
from tests.contract.sources import ROOT
from tests.unit.scripted_server import scripted_server
from tests.unit.truncating_server import truncating_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed"),
]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("node") / "example"
    shutil.copytree(
        ROOT / "docs/clients/node", folder, ignore=shutil.ignore_patterns("node_modules")
    )
    command = ["npm", "ci", "--no-audit", "--no-fund"]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=300)
    return folder


async def run(example: Path, address: str) -> tuple[int | None, list[str], str]:
    """Exit code, lines and complaints of the example."""
    process = await asyncio.create_subprocess_exec(
        "node",
        "samples.js",
        address,
        cwd=example,
        env={**os.environ, "PROTOS": str(ROOT / "protos")},
        stdout=-1,
        stderr=-1,
    )
    output, said = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, output.decode().splitlines(), said.decode()


async def test_node_gets_samples_and_the_summary(example: Path) -> None:
    async with scripted_server() as server:
        code, lines, said = await run(example, server.address)
        assert (code, said) == (0, "")
        assert lines[0] == f"{server.address} serves ROLE_JUNIOR first"
    assert sorted(line.partition(": ")[0] for line in lines[1:5]) == [
        f"chore-{seed}" for seed in range(1, 5)
    ]
    assert all(" -> " in line for line in lines[1:5])
    assert lines[5] == "3 samples of 3 requests"


async def test_node_is_told_why_there_is_no_sample(example: Path) -> None:
    engine = ScriptedEngine(lambda request: "no sample here")
    async with scripted_server(engine) as server:
        code, lines, _ = await run(example, server.address)
    assert code == 0
    assert lines[1].startswith("chore-1: no sample: ") and "no_json" in lines[1]
    assert lines[5] == "0 samples of 3 requests"


async def test_node_notices_an_answer_that_was_cut(example: Path) -> None:
    async with truncating_server() as address:
        code, _, said = await run(example, address)
    assert code == 1
    assert "has no summary" in said


async def test_node_names_the_status_of_a_refusal(example: Path) -> None:
    async with scripted_server(role="revisor") as server:
        code, _, said = await run(example, server.address)
    assert code == 1
    assert "UNIMPLEMENTED" in said
