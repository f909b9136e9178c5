"""A stage's questions are asked once, whoever asked them and however often it was stopped."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import BadInput, OverBudget, Unavailable, Unparsable
from pipelines.chat_api.questions import Answer, Question
from pipelines.chat_api.request import FORM_ASKED
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.scripted_teacher.replies import Odd, refusal
from pipelines.scripted_teacher.server import ScriptedTeacher, scripted_teacher
from pipelines.steps.seed import SeedSettings
from pipelines.teacher.ask import ask_all
from pipelines.teacher.endpoint import budget_of

QUESTIONS = [Question(f"Why {n}?", {"type": "object"}, n) for n in range(6)]
COST = (10 * 2.5 + 5 * 10) / 1e6


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", "scripted")


def ask(
    served: ScriptedTeacher,
    folder: Path,
    *changes: str,
    questions: list[Question] = QUESTIONS,
    read: Callable[[int, Answer], object] = lambda index, answer: answer.written(),
) -> tuple[list[Answer], Tally, Run]:
    """One start of the stage."""
    how = ["teacher.retries=1", "teacher.batch_poll_s=0.01", *changes]
    run, tally = Run(UPath(folder), load_recipe("laptop", how)), Tally()
    settings = SeedSettings(run=str(folder), teacher=served.url)
    work = Work("seed", run, settings)
    return asyncio.run(ask_all(work, questions, tally, read)), tally, run


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
    words = "status 400: Only the default (1) value is supported."
    assert tally.detail["refused_parameters"] == {"temperature=0": words}


def only_without_seed(request: dict[str, Any]) -> str | Odd:
    wrong = refusal(400, "Unrecognized request argument supplied: seed")
    return wrong if "seed" in request else echo(request)


def test_what_one_start_learnt_the_next_one_knows_before_it_sends_a_batch(tmp_path: Path) -> None:
    with scripted_teacher(only_without_seed) as served:
        ask(served, tmp_path, questions=QUESTIONS[:1])
        _, tally, _ = ask(served, tmp_path, "teacher.batch=true")
        assert (served.batches.sizes, len(served.requests)) == ([5], 2)
    assert list(tally.detail["refused_parameters"]) == ["seed"]


def test_lessons_that_cannot_be_read_are_learnt_anew(tmp_path: Path) -> None:
    with scripted_teacher(only_without_seed) as served:
        ask(served, tmp_path, questions=QUESTIONS[:1])
        next((tmp_path / "dialects").iterdir()).write_text("{")
        answers, _, _ = ask(served, tmp_path, "teacher.concurrency=1")
    assert all(not answer.fault for answer in answers)


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
    "change",
    [
        "teacher.temperature=0.1",
        "teacher.model=other",
        "teacher.max_tokens=77",
        "teacher.reasoning_effort=low",
        "teacher.extra_body={top_k: 5}",
    ],
)
def test_another_way_of_asking_is_another_answer(tmp_path: Path, change: str) -> None:
    cache = f"teacher.cache={tmp_path}/cache"
    with scripted_teacher(echo) as served:
        ask(served, tmp_path / "one", cache)
        ask(served, tmp_path / "two", cache, change)
        assert len(served.requests) == 12


def test_a_damaged_record_of_the_cache_is_asked_for_again(tmp_path: Path) -> None:
    cache = f"teacher.cache={tmp_path}/cache"
    with scripted_teacher(echo) as served:
        ask(served, tmp_path / "one", cache)
        (segment,) = (tmp_path / "cache").glob("*.jsonl")
        segment.write_bytes(segment.read_bytes().replace(b"Why 3?", b"Why ?3"))
        answers, _, _ = ask(served, tmp_path / "two", cache)
        assert len(served.requests) == 7
    assert [answer.text for answer in answers] == [question.text for question in QUESTIONS]


def test_a_cache_holds_few_files_however_many_answers(tmp_path: Path) -> None:
    with scripted_teacher(echo) as served:
        ask(served, tmp_path / "one", f"teacher.cache={tmp_path}/cache")
    assert len([each for each in (tmp_path / "cache").rglob("*") if each.is_file()]) == 2


def test_an_answer_of_no_use_is_not_served_to_another_run(tmp_path: Path) -> None:
    turns = itertools.count()

    def script(request: dict[str, Any]) -> str:
        return "nonsense" if next(turns) == 2 else echo(request)

    def read(index: int, answer: Answer) -> None:
        if answer.text == "nonsense":
            raise Unparsable("no_json")

    cache = f"teacher.cache={tmp_path}/cache"
    with scripted_teacher(script) as served:
        ask(served, tmp_path / "one", cache, read=read)
        answers, _, _ = ask(served, tmp_path / "two", cache, read=read)
        assert len(served.requests) == 7
    assert [answer.text for answer in answers] == [question.text for question in QUESTIONS]


@pytest.mark.parametrize(("model", "count"), [("default", 12), ("gpt-4o", 6)])
def test_a_name_that_any_endpoint_may_use_is_another_model_at_each_of_them(
    tmp_path: Path, model: str, count: int
) -> None:
    how = (f"teacher.cache={tmp_path}/cache", f"teacher.model={model}")
    with scripted_teacher(echo) as first, scripted_teacher(echo) as second:
        ask(first, tmp_path / "one", *how)
        ask(second, tmp_path / "two", *how)
        assert len(first.requests) + len(second.requests) == count


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
    refused = pytest.raises(
        BadInput,
        match=r"all 6 answers of seed are of no use .*says: status 400",
    )
    with scripted_teacher(lambda request: 400) as served, refused:
        ask(served, tmp_path)


def test_progress_says_what_is_spent_and_what_all_will_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_teacher(lambda request: Odd()) as served:
        ask(served, tmp_path, "teacher.concurrency=1")
    assert "6 calls, 0.1k of 0.1k tokens, $0.00 of $0.00" in capsys.readouterr().out


MANY = [Question(f"Why {n}?", {"type": "object"}, n) for n in range(140)]


def unreadable(index: int, answer: Answer) -> None:
    if answer.text.startswith("Sure"):
        raise Unparsable("no_json")


@pytest.mark.parametrize(("share", "most"), [(1.0, 60), (0.7, 120)])
def test_a_stage_whose_answers_are_of_no_use_stops_early_and_says_how_they_read(
    tmp_path: Path, share: float, most: int
) -> None:
    turns = itertools.count()

    def script(request: dict[str, Any]) -> str:
        return "Sure, here it is." if next(turns) % 10 < 10 * share else echo(request)

    with scripted_teacher(script) as served:
        with pytest.raises(BadInput, match=r"of no use .*no_json.*Sure, here it is"):
            ask(served, tmp_path, questions=MANY, read=unreadable)
        assert len(served.requests) < most


def test_a_stage_that_is_refused_again_and_again_stops_early(tmp_path: Path) -> None:
    full = refusal(400, "the account is at its hard limit")
    with scripted_teacher(lambda request: full) as served:
        with pytest.raises(BadInput, match="hard limit"):
            ask(served, tmp_path, questions=MANY)
        assert len(served.requests) < 60


def test_what_stopped_a_stage_is_asked_for_again_and_what_was_of_use_is_not(
    tmp_path: Path,
) -> None:
    turns = itertools.count()

    def script(request: dict[str, Any]) -> str:
        return echo(request) if next(turns) < 10 or is_mended else "Sure, here it is."

    is_mended = False
    with scripted_teacher(script) as served:
        with pytest.raises(BadInput, match="start the same command again"):
            ask(served, tmp_path, questions=MANY, read=unreadable)
        is_mended, before = True, len(served.requests)
        answers, _, _ = ask(served, tmp_path, questions=MANY, read=unreadable)
        assert len(served.requests) - before == len(MANY) - 10
    texts = [answer.text.partition(FORM_ASKED)[0] for answer in answers]
    assert texts == [question.text for question in MANY]


def test_a_share_of_no_use_that_the_recipe_allows_is_only_dropped(tmp_path: Path) -> None:
    turns = itertools.count()

    def script(request: dict[str, Any]) -> str:
        return "Sure, here it is." if next(turns) % 10 < 7 else echo(request)

    with scripted_teacher(script) as served:
        ask(served, tmp_path, "teacher.useless_share=0.9", questions=MANY, read=unreadable)
        assert len(served.requests) == len(MANY)


def test_the_endpoints_own_words_on_what_it_refused_are_in_the_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(request: dict[str, Any]) -> str | Odd:
        is_long = echo(request) in ("Why 1?", "Why 4?")
        return refusal(400, "room for 1024 tokens") if is_long else echo(request)

    with scripted_teacher(script) as served:
        _, tally, _ = ask(served, tmp_path)
    assert tally.detail["not_answered"] == {"status 400: room for 1024 tokens": 2}
    assert "2 questions were not answered: status 400: room for 1024" in capsys.readouterr().out


HOPELESS = [*QUESTIONS, *(Question(f"Break {n}!", {"type": "object"}, n) for n in range(4))]


@pytest.mark.parametrize("first", [QUESTIONS, HOPELESS, HOPELESS[::-1]])
def test_questions_that_break_the_endpoint_are_dropped_by_name_also_when_only_they_are_left(
    tmp_path: Path, first: list[Question]
) -> None:
    def script(request: dict[str, Any]) -> str | int:
        return 500 if echo(request).startswith("Break") else echo(request)

    with scripted_teacher(script) as served:
        ask(served, tmp_path, "teacher.concurrency=2", questions=first)
        answers, _, run = ask(served, tmp_path, "teacher.failing_s=0", questions=HOPELESS)
        spent = budget_of(run).spent.calls
    assert [answer.fault for answer in answers] == [""] * 6 + ["unavailable"] * 4
    assert spent <= len(QUESTIONS) + 5


def test_an_endpoint_that_is_away_drops_nothing(tmp_path: Path) -> None:
    with scripted_teacher(lambda request: 500 if is_away else echo(request)) as served:
        is_away = False
        ask(served, tmp_path)
        is_away = True
        with pytest.raises(Unavailable, match="status 500"):
            ask(served, tmp_path, questions=HOPELESS)


def test_the_stages_record_has_what_the_ledger_has(tmp_path: Path) -> None:
    turns = itertools.count()

    def script(request: dict[str, Any]) -> str | Odd:
        return Odd(body=b'{"choices": [') if next(turns) == 1 else echo(request)

    with scripted_teacher(script) as served:
        _, tally, run = ask(served, tmp_path, "teacher.retries=3", "teacher.concurrency=1")
        _, again, _ = ask(served, tmp_path, "teacher.temperature=0.5")
    spent = budget_of(run).spent_by("seed")
    assert tally.teacher and tally.teacher.calls == 7
    assert again.teacher == spent and spent.calls == 13
    assert again.detail["answers"]["calls"] == 6


def test_of_many_questions_the_first_are_asked_directly_before_the_others_are_batched(
    tmp_path: Path,
) -> None:
    with scripted_teacher(echo) as served:
        answers, tally, run = ask(served, tmp_path, "teacher.batch=true", questions=MANY)
        assert (served.batches.sizes, len(served.requests)) == ([len(MANY) - 2], 2)
    assert [answer.text for answer in answers] == [question.text for question in MANY]
    assert (tally.resumed, budget_of(run).spent.calls) == (0, len(MANY))


def test_a_batch_of_answers_of_no_use_stops_the_stage(tmp_path: Path) -> None:
    with scripted_teacher(lambda request: "Sure, here it is.") as served:
        with pytest.raises(BadInput, match=r"20 of the last 20 answers of seed are of no use"):
            ask(served, tmp_path, "teacher.batch=true", questions=MANY[:90], read=unreadable)
        assert (served.batches.sizes, len(served.requests)) == ([90], 0)


def test_many_questions_are_not_batched_for_an_endpoint_whose_answers_are_of_no_use(
    tmp_path: Path,
) -> None:
    with scripted_teacher(lambda request: "Sure, here it is.") as served:
        with pytest.raises(BadInput, match="are of no use"):
            ask(served, tmp_path, "teacher.batch=true", questions=MANY, read=unreadable)
        assert (served.batches.sizes, len(served.requests)) == ([], 20)
