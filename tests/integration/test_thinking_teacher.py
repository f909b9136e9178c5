"""A model that thinks unseen, and takes neither temperature nor top_p, teaches in every stage."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines.rehearsal.script import answer
from pipelines.run.folder import Run
from pipelines.scripted_teacher.dialects import openai_thinking, speaking
from pipelines.scripted_teacher.server import ScriptedTeacher, scripted_teacher
from pipelines.scripted_teacher.thinking import ANSWER_TOKENS, BY_EFFORT, thinking
from pipelines.steps import brainstorm, correct, judge, seed
from tests.integration.teacher_stages import (
    COUNTS,
    STAGES,
    check_accounts,
    questions_of,
    run_with_records,
)

STEPS: dict[str, Any] = {
    "seed": seed.STEP,
    "judge": judge.STEP,
    "correct": correct.STEP,
    "brainstorm": brainstorm.STEP,
}
REFUSED = {"minLength", "temperature=0", "temperature=0.8", "top_p"}
"""By the end of judging."""
LONGEST = 60
"""Tokens of an answer, as COUNTS has it."""


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the endpoint."""
    monkeypatch.setenv("OPENAI_API_KEY", "key")


def asked(folder: Path, stages: Sequence[str], *changes: str) -> tuple[Run, ScriptedTeacher]:
    """A run in which these stages have asked it, and what they have asked."""
    run = run_with_records(folder / "run", (*COUNTS, *changes))
    recipe = folder / "recipe.yaml"
    recipe.write_text(run.recipe.model_dump_json(), encoding="utf-8")
    with scripted_teacher(speaking(openai_thinking, thinking(answer))) as served:
        for stage in stages:
            STEPS[stage].call(run=str(run.folder), recipe=str(recipe), teacher=served.url)
    return run, served


@pytest.mark.parametrize("effort", ["", "high"])
def test_every_stage_has_its_answers_and_at_most_the_first_is_thought_away(
    tmp_path: Path, effort: str
) -> None:
    run, _ = asked(tmp_path, STAGES, f"teacher.reasoning_effort={effort}")
    records = [check_accounts(stage, run) for stage in STAGES]
    assert all("truncated" not in record["dropped"] for record in records)
    assert set(records[1]["detail"]["refused_parameters"]) == REFUSED
    count = sum(questions_of(stage, run) for stage in STAGES)
    spent = [record["teacher"] for record in records]
    answered = count * (BY_EFFORT[effort or "medium"] + ANSWER_TOKENS)
    thought_away = sum(each["completion_tokens"] for each in spent) - answered
    calls = sum(each["calls"] for each in spent)
    if effort:
        assert (calls, thought_away) == (count, 0)
    else:  # 60, four times that, ...: each limit is learnt to be too low once in the whole run
        assert thought_away == sum(LONGEST * 4**n for n in range(calls - count)) < answered


def test_what_the_recipe_sets_aside_is_not_passed(tmp_path: Path) -> None:
    run, served = asked(tmp_path, ["seed"], "teacher.thinking_tokens=100")
    assert {request["max_completion_tokens"] for request in served.requests} == {LONGEST + 100}
    assert check_accounts("seed", run)["dropped"] == {"truncated": 3}
