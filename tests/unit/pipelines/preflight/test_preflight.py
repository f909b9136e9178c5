"""All that is wrong is said at once, by every command that begins a run, and nothing is paid."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from pipelines.preflight.findings import Note, Problem
from pipelines.preflight.preflight import preflight, refuse
from pipelines.recipe.recipe import load_recipe
from pipelines.scripted_teacher.server import scripted_teacher
from tests.unit.pipelines.preflight.conftest import Starting

BAD = {
    "topics.count": "1000",
    "synthesize.count": "0",
    "evaluate.tasks": "[stdlib-retreival]",
    "examples.seeds": "[not-there]",
    "teacher.caps.calls": "400",
    "teacher.stage_caps.seed.calls": "1",
}
"""Fields of the recipe, each with a value that would end the run."""


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("pipelines plan", []),
        ("pipelines run", []),
        ("pipelines submit", ["--generators", "dns:///{role}:1", "--run", "s3://bucket/run"]),
        ("pipelines.steps.prepare", []),
    ],
)
def test_all_problems_are_said_at_once_and_nothing_is_asked(
    command: str, more: list[str], tmp_path: Path
) -> None:
    program, *subcommand = command.split()
    changes = [flag for name, value in BAD.items() for flag in ("--set", f"{name}={value}")]
    with scripted_teacher(lambda request: "{}") as served:
        flags = ["--run", str(tmp_path / "run"), "--teacher", served.url, *more, *changes]
        ended = subprocess.run(
            [sys.executable, "-m", program, *subcommand, *flags],
            env={**os.environ, "OPENAI_API_KEY": "scripted"},
            check=False,
            capture_output=True,
            text=True,
        )
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert all(line.startswith("error: ") for line in lines)
    fields = [line.removeprefix("error: ").partition(":")[0] for line in lines]
    assert sorted(fields) == sorted(BAD)
    assert served.requests == []


TASKS = '{"tasks": ["Given a lake, retrieve its fish."]}'


def test_the_test_question_is_paid_once_for_all_starts_of_a_run(
    starting: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "scripted")
    with scripted_teacher(lambda request: TASKS) as served:
        for change in ("synthesize.count=256", "synthesize.count=512"):
            preflight(starting(change, teacher=served.url))
        assert len(served.requests) == 1
        preflight(starting("teacher.temperature=0.5", teacher=served.url))
        assert len(served.requests) == 2


def test_nothing_is_paid_while_something_else_is_wrong(
    starting: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "scripted")
    with scripted_teacher(lambda request: TASKS) as served:
        for wrong in ("topics.count=5000", "models.scorer=shipped:none"):
            with pytest.raises(BadInput, match=wrong.partition("=")[0]):
                preflight(starting(wrong, teacher=served.url))
        assert served.requests == []
        preflight(starting(teacher=served.url))
    assert len(served.requests) == 1


def test_what_could_not_be_looked_at_is_looked_at_later(
    starting: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted_teacher(lambda request: TASKS) as served:
        preflight(starting(teacher=served.url, more={"is_asking": False}))
        with pytest.raises(BadInput, match="OPENAI_API_KEY"):
            preflight(starting(teacher=served.url))
        monkeypatch.setenv("OPENAI_API_KEY", "scripted")
        preflight(starting(teacher=served.url))
    assert len(served.requests) == 1


def test_a_stage_that_asks_at_once_pays_for_no_test_question(
    starting: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "scripted")
    with scripted_teacher(lambda request: TASKS) as served:
        preflight(starting(teacher=served.url, more={"stages": ("brainstorm",)}))
        assert served.requests == []


def test_a_stage_by_itself_needs_room_in_the_caps_for_itself(
    starting: Starting, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "scripted")
    alone = {"teacher": "http://127.0.0.1:1/v1", "more": {"stages": ("brainstorm",)}}
    count = load_recipe("laptop").topics.count
    preflight(starting(f"teacher.caps.calls={count}", **alone))
    assert "of the whole run" in capsys.readouterr().out
    with pytest.raises(BadInput, match=r"teacher\.caps\.calls: 2, but"):
        preflight(starting("teacher.caps.calls=2", **alone))


@pytest.mark.parametrize(
    ("findings", "kind"),
    [
        ([Problem("a: 1"), Problem("b: 2", is_passing=True)], BadInput),
        ([Problem("a: 1", is_passing=True), Problem("b: 2", is_passing=True)], Unavailable),
    ],
)
def test_what_may_pass_by_itself_is_told_apart(
    findings: list[Problem], kind: type[LittleGiantsError]
) -> None:
    with pytest.raises(kind) as caught:
        refuse(findings)
    assert str(caught.value) == "a: 1\nb: 2"


def test_a_note_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    refuse([Note("hub: not reachable from here")])
    assert "hub: not reachable from here" in capsys.readouterr().out
