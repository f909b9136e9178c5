"""A stage's questions are asked once, whoever asked them and however often it was stopped."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import BadInput, OverBudget
from pipelines.asking import ask_all
from pipelines.places import budget_of
from pipelines.questions import Answer, Question
from pipelines.recipe import load_recipe
from pipelines.run import Run, Tally
from pipelines.scripted_teacher import Odd, ScriptedTeacher, refusal, scripted_teacher
from pipelines.stage import Work
from pipelines.steps.seed import SeedSettings

QUESTIONS = [Question(f"Why {n}?", {"type": "object"}, n) for n in range(6)]
COST = (10 * 2.5 + 5 * 10) / 1e6


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", "scripted")


def ask(
    served: ScriptedTeacher, folder: Path, *changes: str, questions: list[Question] = QUESTIONS
) -> tuple[list[Answer], Tally, Run]:
    """One start of the stage."""
    how = ["teacher.retries=1", "teacher.batch_poll_s=0.01", *changes]
    run, tally = Run(UPath(folder), load_recipe("laptop", how)), Tally()
    settings = SeedSettings(run=str(folder), teacher=served.url)
    work = Work("seed", run, settings)
    return asyncio.run(ask_all(work, questions, tally)), tally, run


def echo(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"])


def test_answers_stand_in_the_order_of_the_questions(tmp_path: Path) -> None:
    with scripted_teacher(echo) as served:
        answers, tally, _ = ask(served, tmp_path)
    assert [answer.text for answer in answers] == [question.text for question in QUESTIONS]
    assert tally.teacher and tally.teacher.dollars == pytest.approx(6 * COST)


def test_a_parameter_that_the_endpoint_refuses_is_in_the_stages_record(tmp_path: Path) -> None:
    def script(request: dict[str, Any]) -> str | Odd:
        wrong = refusal(400, "Only the default (1) value is supported.", param="temperature")
        return wrong if request.get("temperature", 1) != 1 else echo(request)

    judged = [replace(question, temperature=0.0) for question in QUESTIONS]
    with scripted_teacher(script) as served:
        answers, tally, _ = ask(served, tmp_path, questions=judged)
    assert [answer.text for answer in answers] == [question.text for question in QUESTIONS]
    assert tally.detail["refused_parameters"] == "temperature"


def test_another_run_with_the_same_cache_pays_nothing(tmp_path: Path) -> None:
    cache = f"teacher.cache={tmp_path}/cache"
    with scripted_teacher(echo) as served:
        first, _, _ = ask(served, tmp_path / "one", cache)
        second, tally, run = ask(served, tmp_path / "two", cache)
        assert len(served.requests) == 6
    assert [answer.text for answer in first] == [answer.text for answer in second]
    assert tally.teacher and (tally.teacher.calls, tally.resumed) == (0, 0)
    assert tally.detail["cached"]["answers"] == 6
    assert tally.detail["cached"]["saved"]["calls"] == 6
    assert budget_of(run).spent.calls == 0


@pytest.mark.parametrize(
    "change", ["teacher.temperature=0.1", "teacher.model=other", "teacher.max_tokens=77"]
)
def test_another_way_of_asking_is_another_answer(tmp_path: Path, change: str) -> None:
    cache = f"teacher.cache={tmp_path}/cache"
    with scripted_teacher(echo) as served:
        ask(served, tmp_path / "one", cache)
        ask(served, tmp_path / "two", cache, change)
        assert len(served.requests) == 12


def test_a_spoilt_file_of_the_cache_is_asked_for_again(tmp_path: Path) -> None:
    cache = f"teacher.cache={tmp_path}/cache"
    with scripted_teacher(echo) as served:
        ask(served, tmp_path / "one", cache)
        next((tmp_path / "cache").rglob("*.json")).write_text("{")
        answers, _, _ = ask(served, tmp_path / "two", cache)
        assert len(served.requests) == 7
    assert all(not answer.fault for answer in answers)


def test_a_stop_by_the_budget_keeps_what_was_answered_and_a_raise_goes_on(tmp_path: Path) -> None:
    with scripted_teacher(echo) as served:
        with pytest.raises(OverBudget):
            ask(served, tmp_path, "teacher.caps.calls=4")
        answers, tally, run = ask(served, tmp_path, "teacher.caps.calls=6")
        assert len(served.requests) == 6
    assert (len(answers), tally.resumed, budget_of(run).spent.calls) == (6, 4, 6)


def test_batches_answer_what_they_can_and_the_rest_is_asked_directly(tmp_path: Path) -> None:
    def script(request: dict[str, Any]) -> str | int:
        is_first = not served.requests
        return 500 if is_first and "Why 2?" in str(request) else echo(request)

    with scripted_teacher(script) as served:
        answers, tally, run = ask(served, tmp_path, "teacher.batch=true")
        assert (served.batches.sizes, len(served.requests)) == ([6], 1)
    assert [answer.text for answer in answers] == [question.text for question in QUESTIONS]
    paid = 5 * COST * 0.5 + COST
    assert tally.teacher and tally.teacher.dollars == pytest.approx(paid)
    assert budget_of(run).spent.dollars == pytest.approx(paid)


def test_a_stage_whose_every_question_is_refused_is_a_fault_of_the_recipe(tmp_path: Path) -> None:
    refused = pytest.raises(BadInput, match="refuses every question of seed")
    with scripted_teacher(lambda request: 400) as served, refused:
        ask(served, tmp_path)


def test_progress_says_what_is_spent_and_what_all_will_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_teacher(lambda request: Odd()) as served:
        ask(served, tmp_path, "teacher.concurrency=1")
    assert "6 calls, 0.1k of 0.1k tokens, $0.00 of $0.00" in capsys.readouterr().out
