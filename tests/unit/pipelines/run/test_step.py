"""A stage runs once for the same inputs, and says what became of every item."""

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from upath import UPath

import pipelines.steps
from littlegiants import heartbeat
from littlegiants.errors import BadInput, Unavailable
from littlegiants.kinds import Kind
from littlegiants.tasks import Task
from pipelines.cli.step_flags import StepSettings
from pipelines.run.step import Body, Step, Work
from pipelines.run.tally import Tally
from pipelines.storage.claims import claimed

CALLS: list[str] = []
Captured = pytest.CaptureFixture[str]
STEPS = [
    import_module(f"pipelines.steps.{module.name}").STEP
    for module in iter_modules(pipelines.steps.__path__)
]


def shout(work: Work) -> Tally:
    """Write every task in capitals, but for those on fish."""
    CALLS.append(work.name)
    tasks = work.run.read(Task, "tasks")
    tally = Tally(in_count=len(tasks))
    kept = []
    for task in tasks:
        if "fish" in task.topic:
            tally.drop("fish")
        else:
            kept.append(replace(task, text=task.text.upper()))
    tally.out_count = len(kept)
    work.run.write("loud", kept)
    return tally


STEP = Step(
    title=lambda settings: "shout",
    settings=StepSettings,
    sections=lambda settings: ("brainstorm",),
    reads=lambda settings: ("data/tasks.jsonl",),
    writes=lambda settings: ("data/loud.jsonl",),
    body=shout,
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with two tasks."""
    CALLS.clear()
    write_tasks(tmp_path, "bread", "fish")
    return tmp_path


def write_tasks(run: Path, *topics: str) -> None:
    """Put tasks on `topics` into the run."""
    rows = [{"kind": Kind.RETRIEVAL, "topic": t, "text": f"find {t}"} for t in topics]
    path = run / "data" / "tasks.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_every_item_is_accounted_for(run: Path) -> None:
    STEP.call(run=str(run))
    record = json.loads((run / "stages" / "shout.json").read_text())
    assert (record["in"], record["out"], record["dropped"]) == (2, 1, {"fish": 1})


def test_runs_once_for_the_same_inputs(run: Path) -> None:
    assert STEP.call(run=str(run)) == STEP.call(run=str(run))
    assert CALLS == ["shout"]


@pytest.mark.parametrize(
    ("change", "calls"),
    [(["brainstorm.list_length=3"], 2), (["seed=8"], 2), (["curate.near_duplicate=0.5"], 1)],
    ids=["its section", "the seed", "another section"],
)
def test_runs_again_when_its_recipe_changes(run: Path, change: list[str], calls: int) -> None:
    STEP.call(run=str(run))
    STEP(StepSettings(run=str(run), set=change))
    assert len(CALLS) == calls


def test_runs_again_when_its_input_changes(run: Path) -> None:
    before = STEP.call(run=str(run))
    write_tasks(run, "bread", "wine")
    assert STEP.call(run=str(run)) != before
    assert len(CALLS) == 2


def test_runs_again_when_its_output_is_gone(run: Path) -> None:
    STEP.call(run=str(run))
    (run / "data" / "loud.jsonl").unlink()
    STEP.call(run=str(run))
    assert len(CALLS) == 2


def test_a_missing_noun_names_the_step_to_run(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="run the step that writes tasks first"):
        STEP.call(run=str(tmp_path))


def test_a_bad_record_is_named_by_file_and_line(run: Path) -> None:
    with (run / "data" / "tasks.jsonl").open("a") as stream:
        stream.write('{"kind": "poetry", "topic": "x", "text": "y"}\n')
    with pytest.raises(BadInput, match=r"tasks\.jsonl:3: .*kind"):
        STEP.call(run=str(run))


def fail(work: Work) -> Tally:
    """A stage that cannot work."""
    raise Unavailable("the store is away")


FAILING = replace(STEP, body=fail)


def attempts(run: Path) -> list[tuple[str, str]]:
    """How each attempt at the stage ended, and with which message."""
    told = json.loads((run / "stages" / "shout.attempts.json").read_text())
    return [(each["outcome"], each.get("message", "")) for each in told]


def test_a_failed_attempt_is_kept_beside_the_one_that_worked(run: Path) -> None:
    with pytest.raises(Unavailable):
        FAILING.call(run=str(run))
    STEP.call(run=str(run))
    assert attempts(run) == [("failed", "the store is away"), ("done", "")]
    record = json.loads((run / "stages" / "shout.json").read_text())
    assert [each["error"] for each in record["failed"]] == ["Unavailable"]


def test_an_attempt_that_was_killed_is_told_by_the_next(run: Path) -> None:
    program = f"""
import os, signal
from tests.unit.pipelines.run.test_step import STEP
from dataclasses import replace
replace(STEP, body=lambda work: os.kill(os.getpid(), signal.SIGKILL)).call(run={str(run)!r})
"""
    assert subprocess.run([sys.executable, "-c", program]).returncode == -signal.SIGKILL
    STEP.call(run=str(run))
    assert [outcome for outcome, _ in attempts(run)] == ["killed", "done"]


def test_a_stage_that_was_done_before_is_no_attempt(run: Path) -> None:
    STEP.call(run=str(run))
    STEP.call(run=str(run))
    assert [outcome for outcome, _ in attempts(run)] == ["done"]


def test_a_model_trained_anew_is_read_again(run: Path) -> None:
    weights = run / "models" / "embedder" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"old weights")
    reading = replace(STEP, reads=lambda settings: ("models/embedder",))
    reading.call(run=str(run))
    weights.write_bytes(b"new weights")
    reading.call(run=str(run))
    assert len(CALLS) == 2


def test_a_flag_that_it_has_not_is_named(run: Path) -> None:
    with pytest.raises(BadInput, match="--teacher: "):
        STEP.call(run=str(run), teacher="openai")


def slow(work: Work) -> Tally:
    """A body that keeps the process, as a training's step does."""
    time.sleep(0.4)
    return Tally()


async def waiting(work: Work) -> Tally:
    """A body that waits, as for a service."""
    await asyncio.sleep(0.4)
    return Tally()


@pytest.mark.parametrize("body", [slow, waiting])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.settings.__name__)
def test_every_step_is_told_while_it_says_nothing(
    step: Step, body: Body, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(heartbeat, "SILENCE_S", 0.1)
    quiet = replace(step, body=body, reads=lambda settings: (), writes=lambda settings: ())
    quiet.call(run=str(tmp_path))
    name = step.title(step.settings())
    told = re.findall(rf"^\[{name}\] at work, \d+ s$", capsys.readouterr().out, re.M)
    assert len(told) >= 2


def test_only_the_first_of_many_processes_tells(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(heartbeat, "SILENCE_S", 0.05)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    replace(STEP, body=slow).call(run=str(run))
    assert capsys.readouterr().out == ""


def test_waiting_for_another_process_is_told(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(heartbeat, "SILENCE_S", 0.05)
    with ThreadPoolExecutor(1) as pool:
        with claimed(UPath(run), "shout"):
            done = pool.submit(STEP.call, run=str(run))
            time.sleep(0.5)
        done.result()
    told = capsys.readouterr().out
    assert re.search(r"^\[shout\] waiting for another process, \d+ s$", told, re.M)
