"""The four stages that ask a teacher, on records that are there already, with the least counts."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from upath import UPath

from littlegiants.kinds import Kind
from littlegiants.parsing import parse_sample
from littlegiants.tasks import Task
from pipelines.data.records import Candidate, Candidates, Preference, records_of
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run

STAGES = ("seed", "judge", "correct", "brainstorm")
"""The last one writes the tasks of which the first one reads others."""
COUNTS = (
    *("topics.count=4", "brainstorm.list_length=1", "brainstorm.shots=0", "teacher.shots=0"),
    *("seeds.count=3", "judge.teacher_count=2", "correct.count=2", "teacher.max_tokens=60"),
)
RECORDED = UPath("examples/recorded")


def run_with_records(folder: Path, changes: Sequence[str]) -> Run:
    """A run with tasks, and with candidates among which there is a choice."""
    run = Run(UPath(folder), load_recipe("laptop", changes))
    run.write("tasks", records_of(Task, RECORDED / "tasks.jsonl")[:3])
    chosen = records_of(Preference, RECORDED / "preferences.jsonl")
    short = sorted(chosen, key=lambda each: len(each.chosen) + len(each.rejected))[:2]
    run.write("candidates", map(candidates_of, short))
    return run


def candidates_of(row: Preference) -> Candidates:
    """What a preference was chosen from."""
    sample = parse_sample(row.prompt.task.kind, row.chosen)
    found = (Candidate(row.chosen, sample), Candidate(row.rejected, None, "no_json"))
    return Candidates(row.prompt, found)


def questions_of(stage: str, run: Run) -> int:
    """How many questions a stage of such a run puts, once it is done."""
    if stage != "brainstorm":
        return {"seed": 3, "judge": 2, "correct": 2}[stage]
    given = sum(task.kind is Kind.STS for task in run.read(Task, "tasks"))
    return run.recipe.topics.count - given


def check_accounts(stage: str, run: Run) -> Mapping[str, Any]:
    """Its record: a call for each question at least, and an end for every item that came in."""
    record = run.stage(stage)
    assert record is not None
    assert record["teacher"]["calls"] >= questions_of(stage, run)
    assert record["teacher"]["completion_tokens"] > 0
    assert record["out"] + sum(record["dropped"].values()) == record["in"]
    return record


def by_command_line(
    stage: str, run: Run, teacher: str, changes: Sequence[str]
) -> subprocess.CompletedProcess[str]:
    """The stage's own command."""
    command = [sys.executable, "-m", f"pipelines.steps.{stage}", "--run", str(run.folder)]
    command += ["--teacher", teacher, *(f"--set={change}" for change in changes)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
