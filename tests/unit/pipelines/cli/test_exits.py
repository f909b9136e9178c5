"""The exit code of a program says what its caller can do."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.errors import BadInput, LittleGiantsError, OverBudget, Unavailable
from pipelines.budget.budget import Budget
from pipelines.budget.usage import Caps, Usage
from pipelines.cli.exits import (
    exit_code,
    forget_stop,
    noted_stop,
    stop_noted,
    stop_of_parts,
)
from pipelines.scripted_teacher.server import scripted_teacher


@pytest.mark.parametrize(
    ("error", "code"), [(Unavailable("later"), 1), (BadInput("mend"), 2), (OverBudget("raise"), 3)]
)
def test_each_kind_of_error_has_a_code_of_its_own(error: LittleGiantsError, code: int) -> None:
    assert exit_code(error) == code


def test_who_started_a_run_learns_why_a_step_stopped(tmp_path: Path) -> None:
    folder = UPath(tmp_path)
    assert noted_stop(folder) is None
    with pytest.raises(OverBudget), stop_noted(folder):
        raise OverBudget("teacher.caps.calls: raise it")
    noted = noted_stop(folder)
    assert isinstance(noted, OverBudget) and str(noted) == "teacher.caps.calls: raise it"
    forget_stop(folder)
    assert noted_stop(folder) is None


def end_with(folder: UPath, *noted: LittleGiantsError) -> None:
    """A part notes why it ends, then who waits for it sees that it has ended."""
    with stop_of_parts(folder):
        for error in noted:
            with suppress(LittleGiantsError), stop_noted(folder):
                raise error
        raise Unavailable("torchrun ended with 1")


def test_what_ended_a_part_is_told_in_place_of_that_it_ended(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="max_length: raise it"):
        end_with(UPath(tmp_path), BadInput("max_length: raise it"))
    with pytest.raises(Unavailable, match="torchrun ended with 1"):
        end_with(UPath(tmp_path))


def test_a_step_over_its_budget_exits_with_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "scripted")
    spent = Budget(UPath(tmp_path / "ledger"), Caps())
    for _ in range(398):
        spent.reserve(Usage(calls=1))
    spent.close()
    with scripted_teacher(lambda request: '{"tasks": ["Match a tool to a chore."]}') as served:
        command = [sys.executable, "-m", "pipelines.steps.brainstorm", "--run", str(tmp_path)]
        flags = ["--teacher", served.url, "--set", "teacher.caps.calls=400"]
        ended = subprocess.run([*command, *flags], check=False, capture_output=True, text=True)
    assert ended.returncode == 3, ended.stderr
    assert "teacher.caps.calls" in ended.stderr
    assert len(served.requests) == 2
