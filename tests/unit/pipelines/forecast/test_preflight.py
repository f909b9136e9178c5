"""All that is wrong is said at once, by every command that begins a run, and nothing is paid."""

import subprocess
import sys
from pathlib import Path

import pytest

from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from pipelines.forecast.findings import Note, Problem
from pipelines.forecast.preflight import refuse
from pipelines.scripted_teacher import scripted_teacher

BAD = {
    "topics.count=5000": "topics.count",
    "synthesize.count=0": "synthesize.count",
    "evaluate.tasks=[stdlib-retreival]": "evaluate.tasks",
    "examples.seeds=[not-there]": "examples",
    "teacher.stage_caps.seed.calls=1": "",
}
"""Changes of the recipe, and the field that is named for each; a forecast needs whole examples."""


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
    changes = [flag for change in BAD for flag in ("--set", change)]
    with scripted_teacher(lambda request: "{}") as served:
        flags = ["--run", str(tmp_path / "run"), "--teacher", served.url, *more, *changes]
        ended = subprocess.run(
            [sys.executable, "-m", program, *subcommand, *flags],
            check=False,
            capture_output=True,
            text=True,
        )
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert all(line.startswith("error: ") for line in lines)
    fields = [line.removeprefix("error: ").partition(":")[0] for line in lines]
    assert sorted(fields) == sorted(field for field in BAD.values() if field)
    assert served.requests == []


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
