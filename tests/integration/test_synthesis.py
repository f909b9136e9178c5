"""A shard is written once, whatever happens to its processes, its generators and its store."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from upath import UPath

from littlegiants.kinds import Kind
from littlegiants.tasks import Task
from pipelines.generators.promotion import promote_weights
from pipelines.journal import Journal
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from tests.unit.s3_server import s3_server
from tests.unit.scripted_server import free_port

COUNT = 120
DELAY_S = "0.15"
CHANGES = [f"synthesize.count={COUNT}", "synthesize.shard_count=1", "serving.max_seqs=4"]
ROLES = ("senior", "revisor")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Weights."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    return model


@pytest.fixture
def folder(tmp_path: Path, model: Path) -> Path:
    """A run that is ready for its synthesis."""
    prepare(UPath(tmp_path / "run"), model)
    return tmp_path / "run"


def prepare(folder: UPath, model: Path) -> None:
    """Tasks and weights of a run."""
    run = Run(folder, load_recipe("laptop", CHANGES))
    run.write("tasks", [Task(kind, "A/B", "Find a thing by its use.") for kind in Kind])
    for role in ROLES:
        promote_weights(run, role, model)


@contextmanager
def generators(model: Path) -> Iterator[dict[str, "Generator"]]:
    """A running service of each role."""
    running = {role: Generator(role, model) for role in ROLES}
    try:
        yield running
    finally:
        for generator in running.values():
            generator.kill()


class Generator:
    """A scripted generator that can be killed and started again where it was."""

    def __init__(self, role: str, model: Path) -> None:
        self.role, self.model, self.port = role, model, free_port()
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.integration.slow_generator", "--role", self.role]
        command += ["--model", str(self.model), "--host", "127.0.0.1"]
        command += ["--port", str(self.port)]
        environment = {**os.environ, "SLOW_GENERATOR_S": DELAY_S}
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def start(
    folder: Path | str, running: dict[str, Generator], **environment: str
) -> "subprocess.Popen[str]":
    """The command of a shard."""
    places = ",".join(f"{role}=127.0.0.1:{each.port}" for role, each in running.items())
    command = [sys.executable, "-m", "pipelines.steps.synthesize", "--run", str(folder)]
    command += ["--generators", places, *(f"--set={change}" for change in CHANGES)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    )


def end(process: "subprocess.Popen[str]", *, code: int = 0) -> str:
    """What it said, when it ended as it should."""
    said = process.communicate(timeout=120)[0]
    assert process.returncode == code, said
    return said


def wait_for_answers(folder: Path, count: int, role: str = "senior") -> None:
    """Until so many are in the journal."""
    wait(lambda: len(keys(folder, role)) >= count)


def wait(is_there: Callable[[], bool]) -> None:
    """Until it is there, for a minute."""
    limit = time.monotonic() + 60
    while not is_there():
        assert time.monotonic() < limit
        time.sleep(0.05)


def keys(folder: Path, role: str) -> list[str]:
    """Of all whole records in a journal's segments."""
    paths = sorted((folder / "journal" / f"synthesize-0-{role}").glob("*.jsonl"))
    lines = [line for path in paths for line in path.read_bytes().split(b"\n")[:-1]]
    records = [json.loads(line) for line in lines]
    return [record["key"] for record in records if "key" in record]


def check(folder: Path) -> bytes:
    """Every prompt was answered and kept once; gives the drafts."""
    for role in ROLES:
        found = Counter(keys(folder, role))
        assert found.total() == len(found) == COUNT, role
    drafts = (folder / "data" / "drafts-0.jsonl").read_bytes()
    assert drafts.count(b"\n") == COUNT
    return drafts


def test_two_processes_on_one_shard_ask_and_write_everything_once(
    folder: Path, model: Path
) -> None:
    with generators(model) as running:
        first, second = start(folder, running), start(folder, running)
        said = [end(first), end(second)]
    check(folder)
    assert sum("[synthesize-0] done before" in each for each in said) == 1
    assert sum("is at work on it; waiting" in each for each in said) == 1


def test_killed_processes_and_generators_cost_no_more_than_what_was_under_way(
    folder: Path, model: Path
) -> None:
    with generators(model) as running:
        for count, role in ((20, "senior"), (60, "senior"), (30, "revisor")):
            process = start(folder, running)
            wait_for_answers(folder, count, role)
            process.kill()
            process.communicate()
        process = start(folder, running)
        wait_for_answers(folder, 60, "revisor")
        running["revisor"].kill()
        time.sleep(0.5)
        running["revisor"].start()
        end(process)
        disturbed = check(folder)
        for name in ("data/drafts-0.jsonl", "stages/synthesize-0.json"):
            (folder / name).unlink()
        for path in (folder / "journal").rglob("*.*"):
            path.unlink()
        end(start(folder, running))
    assert check(folder) == disturbed


def test_told_to_stop_it_keeps_what_is_under_way_and_can_go_on(folder: Path, model: Path) -> None:
    with generators(model) as running:
        process = start(folder, running)
        wait_for_answers(folder, 10)
        before = len(keys(folder, "senior"))
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        said = end(process, code=1)
        assert time.monotonic() - began < 15
        assert "error: stopped by SIGTERM" in said
        journal = Journal(UPath(folder / "journal" / "synthesize-0-senior"))
        assert len(journal) > before
        end(start(folder, running))
    check(folder)


def test_a_full_disk_stops_the_step_with_a_remedy_and_it_goes_on_after(
    folder: Path, model: Path
) -> None:
    with generators(model) as running:
        process = start(folder, running)
        wait_for_answers(folder, 10)
        limited = psutil.Process(process.pid)
        limited.rlimit(psutil.RLIMIT_FSIZE, (12_000, 12_000))
        said = end(process, code=1)
        assert "the disk is full; free some space" in said
        kept = len(keys(folder, "senior"))
        assert kept >= 10
        end(start(folder, running))
    check(folder)


def test_in_s3_a_killed_holder_is_followed_and_an_outage_loses_nothing(
    tmp_path: Path, model: Path
) -> None:
    with s3_server() as server, generators(model) as running:
        run = server.folder("run")
        prepare(run, model)
        access = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        access |= {"AWS_ENDPOINT_URL": server.url, "AWS_DEFAULT_REGION": "eu-central-1"}
        killed = start("s3://runs/run", running, **access)
        senior = run / "journal" / "synthesize-0-senior"
        wait(lambda: len(Journal(senior)) >= 10)
        first, second = (start("s3://runs/run", running, **access) for _ in range(2))
        killed.kill()
        killed.communicate()
        kept = len(Journal(senior))
        wait(lambda: len(Journal(senior)) > kept)
        server.stop()
        time.sleep(5)
        server.start()
        said = [end(first), end(second)]
        assert sum("[synthesize-0] done before" in each for each in said) == 1
        for role in ROLES:
            journal = Journal(run / "journal" / f"synthesize-0-{role}")
            assert len(journal) == len(list(journal.items())) == COUNT
        assert (run / "data" / "drafts-0.jsonl").read_bytes().count(b"\n") == COUNT
