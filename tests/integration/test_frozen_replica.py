"""One of two replicas stops answering, its connections still open: its items go to the other."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from littlegiants.client import GeneratorClient
from littlegiants.kinds import Kind
from littlegiants.tasks import Task, draw_prompt
from tests.unit.scripted_server import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

COUNT, CONCURRENCY = 300, 16
TASK = Task(Kind.STS, "Home/Gardening", "Find a tool for a chore.")


@contextmanager
def replica(model: Path, delay_s: float) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A junior with a scripted engine, and its address."""
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "tests.integration.slow_generator", "--role=junior"]
    command += [f"--model={model}", "--host=127.0.0.1", f"--port={address.partition(':')[2]}"]
    environment = {**os.environ, "SLOW_GENERATOR_S": str(delay_s)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield address, process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with a file in it."""
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


@pytest.mark.parametrize("fault", ["frozen", "slow"])
async def test_every_item_is_answered_once(model: Path, fault: str) -> None:
    prompts = [draw_prompt(TASK, seed=number) for number in range(COUNT)]
    answered: list[int] = []
    with (
        replica(model, 0.05) as (fine, _),
        replica(model, 0.05 if fault == "frozen" else 1) as (
            other,
            process,
        ),
    ):
        for address in (fine, other):
            async with GeneratorClient(address) as client:
                await client.wait_until_serving(timeout_s=60)
        began = time.monotonic()
        async with GeneratorClient(f"ipv4:{fine},{other}") as client:
            async for answer in client.generate_many(
                prompts, concurrency=CONCURRENCY, max_attempts=3
            ):
                assert answer.sample
                answered.append(answer.prompt.seed)
                if len(answered) == COUNT // 3 and fault == "frozen":
                    process.send_signal(signal.SIGSTOP)
    print(f"{fault}: {len(answered)} of {COUNT} in {time.monotonic() - began:.1f} s")
    assert sorted(answered) == sorted(prompt.seed for prompt in prompts)
