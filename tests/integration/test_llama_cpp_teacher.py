"""Every stage that asks a teacher comes to its end with llama.cpp's server."""

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.run.folder import Run
from tests.integration.llama_server import CannotBeBuiltError, command_of_server
from tests.integration.teacher_stages import (
    COUNTS,
    STAGES,
    by_command_line,
    check_accounts,
    run_with_records,
)
from tests.unit.scripted_server import free_port

START_S = 300
STOPPED = "are of no use"
PAGE = Path("docs/teacher.md").read_text(encoding="utf-8")
pytestmark = [pytest.mark.engine, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class RealServer:
    """A server that answers, and under which name of a model."""

    url: str
    model: str

    @property
    def changes(self) -> Sequence[str]:
        """What a recipe says of it."""
        own = (f"teacher.model={self.model}", 'teacher.key_variable=""', "teacher.timeout_s=900")
        return (*COUNTS, *own)


@contextmanager
def serving(command: Sequence[str], port: int, model: str, log: Path) -> Iterator[RealServer]:
    """A server while it runs."""
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
    try:
        end = time.monotonic() + START_S
        while not listens(port):
            assert process.poll() is None and time.monotonic() < end, log.read_text()[-5000:]
            time.sleep(0.5)
        yield RealServer(f"http://127.0.0.1:{port}/v1", model)
    finally:
        process.terminate()
        process.wait(30)


def listens(port: int) -> bool:
    """Whether something takes connections, as the server does once its model is there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """llama-cpp-python's server of the shipped GGUF."""
    port, log = free_port(), tmp_path_factory.mktemp("llama") / "log"
    try:
        command = command_of_server(port)
    except CannotBeBuiltError as error:
        pytest.skip(f"llama-cpp-python cannot be built here: {error}")
    with serving(command, port, "smollm2", log) as served:
        yield served


def check_stages(served: RealServer, folder: Path) -> Run:
    """Each stage ends with a record, or stops and says that the answers are of no use."""
    run = run_with_records(folder, served.changes)
    for stage in STAGES:
        outcome = by_command_line(stage, run, served.url, served.changes)
        told = outcome.stdout + outcome.stderr
        if outcome.returncode == 0:
            check_accounts(stage, run)
        else:
            assert outcome.returncode == 2 and STOPPED in told, told
    return run


def learnt(run: Run) -> str:
    """What the stages leave out by their end, as the page's table has it."""
    records = filter(None, map(run.stage, STAGES))
    parts = {part for record in records for part in record["detail"].get("refused_parameters", ())}
    return ", ".join(f"`{part}`" for part in sorted(parts))


def test_llama_cpp_is_asked_without_a_schema_and_for_the_older_limit(
    llama: RealServer, tmp_path: Path
) -> None:
    found = learnt(check_stages(llama, tmp_path / "run"))
    assert f"\n| llama.cpp, as llama-cpp-python serves it | {found} | the real server (" in PAGE
