"""Questions through the batch API: cut at the limits, submitted once, paid by item."""

import asyncio
import contextlib
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import BadInput, OverBudget, Unavailable
from pipelines.batch_api.batches import Batches
from pipelines.batch_api.items import BatchItems
from pipelines.batch_api.parts import cut
from pipelines.budget.budget import Budget
from pipelines.budget.usage import Caps
from pipelines.chat_api.questions import Answer, Question
from pipelines.chat_api.teacher import Teacher
from pipelines.openai_client.client import Endpoint, TeacherClient
from pipelines.recipe.prices import price_of
from pipelines.recipe.teacher_section import Prices
from pipelines.recipe.teacher_section import TeacherSection as Settings
from pipelines.scripted_teacher.batch_server import EXPIRED
from pipelines.scripted_teacher.replies import Odd, refusal
from pipelines.scripted_teacher.server import ScriptedTeacher, scripted_teacher

PRICES = Prices(prompt=10, completion=20, batch=0.5)
SETTINGS = Settings(model="m", max_tokens=20, retries=3, prices=PRICES, batch_poll_s=0.01)
EACH = (10 * 10 + 5 * 20) / 1e6 * 0.5


class Killed(BaseException):
    """The process ends here."""


def questions(count: int) -> dict[str, Question]:
    return {f"key{n}": Question(f"Why {n}?", {"type": "object"}, n) for n in range(count)}


def run(
    served: ScriptedTeacher,
    folder: Path,
    asked: Mapping[str, Question],
    *,
    caps: Caps | None = None,
    kill_after: int | None = None,
    is_kept: bool = False,
    **changes: Any,
) -> tuple[dict[str, Answer], Budget]:
    """One start of a stage that asks in batches; it may be killed after some answers."""
    found: dict[str, Answer] = {}
    budget = Budget(UPath(folder) / "ledger", caps or Caps())

    async def keep(key: str, answer: Answer) -> None:
        is_last = kill_after is not None and len(found) == kill_after
        if is_last and not is_kept:
            raise Killed
        assert key not in found
        found[key] = answer
        if is_last:
            raise Killed

    async def ask() -> None:
        azure = str(changes.pop("azure_api_version", ""))
        url = served.url.removesuffix("/v1") if azure else served.url
        client = TeacherClient(Endpoint(url, "m", "key", azure), 5)
        price = price_of("m", SETTINGS.prices)
        settings = SETTINGS.model_copy(update=changes)
        teacher = Teacher(client, "m", settings=settings, budget=budget, stage="s", price=price)
        try:
            batches = Batches(teacher, UPath(folder) / "batches")
            await batches.ask(BatchItems(teacher, asked, keep))
        finally:
            await client.close()

    with contextlib.suppress(Killed):
        asyncio.run(ask())
    return found, budget


def fine(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"])


def test_every_question_is_answered_and_paid_at_the_batch_price(tmp_path: Path) -> None:
    with scripted_teacher(fine) as served:
        found, budget = run(served, tmp_path, questions(5), batch_requests=2)
        assert served.batches.sizes == [2, 2, 1]
    assert {key: answer.text for key, answer in found.items()} == {
        f"key{n}": f"Why {n}?" for n in range(5)
    }
    assert budget.spent.calls == 5
    assert budget.spent.dollars == pytest.approx(5 * EACH)


def test_only_what_failed_is_submitted_again(tmp_path: Path) -> None:
    turns = itertools.count()

    def script(request: dict[str, Any]) -> str | int:
        turn = next(turns)
        return EXPIRED if turn == 1 else 500 if turn == 2 else fine(request)

    with scripted_teacher(script) as served:
        found, budget = run(served, tmp_path, questions(6))
        assert served.batches.sizes == [6, 2]
    assert len(found) == budget.spent.calls == 6


@pytest.mark.parametrize("kill_after", [None, 0, 2])
def test_a_cut_answer_is_asked_for_again_with_another_seed_then_dropped_by_name(
    tmp_path: Path, kill_after: int | None
) -> None:
    def script(request: dict[str, Any]) -> Any:
        text = fine(request)
        is_cut = (text == "Why 1?" and request["seed"] < 3) or text == "Why 2?"
        return Odd(text, finish="length") if is_cut else text

    with scripted_teacher(script) as served:
        before, _ = run(served, tmp_path, questions(4), attempts=3, kill_after=kill_after)
        left = {key: each for key, each in questions(4).items() if key not in before}
        after, budget = run(served, tmp_path, left, attempts=3)
        assert served.batches.sizes == [4, 2, 2]
    found = before | after
    assert {key: answer.fault for key, answer in found.items()} == {
        **dict.fromkeys(questions(4), ""),
        "key2": "truncated",
    }
    assert [found[f"key{n}"].usage.calls for n in range(4)] == [1, 3, 3, 1]
    assert budget.spent.calls == 8


def test_a_question_that_is_refused_is_left_to_be_asked_directly(tmp_path: Path) -> None:
    def script(request: dict[str, Any]) -> Any:
        return refusal(400, "no") if "Why 1?" in str(request) else "{}"

    with scripted_teacher(script) as served:
        found, budget = run(served, tmp_path, questions(3))
        assert served.batches.sizes == [3]
    assert set(found) == {"key0", "key2"}
    assert budget.spent.calls == 2


def test_one_denied_item_is_that_items_and_left_to_be_asked_directly(tmp_path: Path) -> None:
    def script(request: dict[str, Any]) -> Any:
        return refusal(403, "not yours") if "Why 1?" in str(request) else "{}"

    with scripted_teacher(script) as served:
        found, budget = run(served, tmp_path, questions(3))
        assert served.batches.sizes == [3]
    assert set(found) == {"key0", "key2"}
    assert budget.spent.calls == 2


def test_what_a_damaged_line_answered_is_paid_and_asked_for_again(tmp_path: Path) -> None:
    def damaged(results: bytes) -> bytes:
        lines = results.split(b"\n")
        return b"\n".join([lines[0][:120], *lines[1:]]) if len(lines) > 3 else results

    with scripted_teacher(lambda request: f"{fine(request)}\u2028\u0085") as served:
        served.batches.damage = damaged
        found, budget = run(served, tmp_path, questions(4))
        assert served.batches.sizes == [4, 1]
    assert {answer.text[-2:] for answer in found.values()} == {"\u2028\u0085"}
    assert (len(found), budget.spent.calls) == (4, 5)


@pytest.mark.parametrize("is_kept", [False, True], ids=["before it is kept", "once it is kept"])
@pytest.mark.parametrize("kill_after", range(4))
def test_a_killed_start_loses_and_repeats_nothing(
    tmp_path: Path, kill_after: int, is_kept: bool
) -> None:
    with scripted_teacher(fine) as served:
        before, _ = run(served, tmp_path, questions(4), kill_after=kill_after, is_kept=is_kept)
        left = {key: each for key, each in questions(4).items() if key not in before}
        after, budget = run(served, tmp_path, left)
        assert served.batches.sizes == [4]
    assert len(before) == kill_after + is_kept
    assert set(after) - set(before) == set(left)
    assert budget.spent.calls == 4
    assert budget.spent.dollars == pytest.approx(4 * EACH)


def test_a_batch_whose_submission_was_not_noted_is_found_again(tmp_path: Path) -> None:
    with scripted_teacher(fine) as served:
        run(served, tmp_path, questions(3), kill_after=0)
        (state,) = (tmp_path / "batches").glob("*.json")
        state.write_text(state.read_text().replace('"batch_id": "batch-0"', '"batch_id": ""'))
        found, _ = run(served, tmp_path, questions(3))
        assert served.batches.sizes == [3]
    assert len(found) == 3


def test_a_file_that_may_cost_too_much_is_not_sent(tmp_path: Path) -> None:
    with (
        scripted_teacher(fine) as served,
        pytest.raises(OverBudget, match=r"teacher\.caps\.calls"),
    ):
        run(served, tmp_path, questions(3), caps=Caps(calls=2))
    assert served.batches.batches == {}


def test_a_batch_that_fails_as_a_whole_stops_the_step_with_the_reason(tmp_path: Path) -> None:
    with scripted_teacher(fine) as served:
        served.batches.failure = "the account is closed"
        with pytest.raises(Unavailable, match="the account is closed"):
            run(served, tmp_path, questions(3))
        served.batches.failure = ""
        found, budget = run(served, tmp_path, questions(3))
    assert len(found) == budget.spent.calls == 3


def test_files_that_come_late_are_waited_for_and_nothing_is_bought_twice(tmp_path: Path) -> None:
    with scripted_teacher(fine) as served:
        served.batches.late_polls = 3
        found, budget = run(served, tmp_path, questions(3))
        assert served.batches.sizes == [3]
    assert len(found) == budget.spent.calls == 3


def test_a_provider_that_lets_few_wait_is_sent_smaller_files_one_after_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_teacher(fine) as served:
        served.batches.most = 2
        found, budget = run(served, tmp_path, questions(7), retries=1)
        assert served.batches.sizes == [7, 3, 1, 1, 1, 1, 1, 1, 1]
    assert len(found) == budget.spent.calls == 7
    assert "7 requests are too many at once" in capsys.readouterr().out


def test_a_provider_that_takes_not_one_request_stops_the_step_with_its_words(
    tmp_path: Path,
) -> None:
    with scripted_teacher(fine) as served:
        served.batches.most = 0
        with pytest.raises(Unavailable, match="Enqueued token limit"):
            run(served, tmp_path, questions(3))
        served.batches.most = None
        found, budget = run(served, tmp_path, questions(3))
        assert served.batches.sizes[-1] == 3
    assert len(found) == budget.spent.calls == 3


WORDS = {
    "in_progress": "JOB_STATE_RUNNING",
    "completed": "SUCCEEDED",
    "expired": "Timed-out",
}


@pytest.mark.parametrize("outcome", ["{}", EXPIRED])
def test_other_providers_have_other_words(tmp_path: Path, outcome: Any) -> None:
    turns = itertools.count()
    with scripted_teacher(lambda request: outcome if next(turns) == 1 else "{}") as served:
        served.batches.words = WORDS
        found, budget = run(served, tmp_path, questions(3))
    assert len(found) == budget.spent.calls == 3


def test_a_start_that_is_lost_on_the_way_is_found_and_not_repeated(tmp_path: Path) -> None:
    with scripted_teacher(fine) as served:
        served.batches.lost_starts = 1
        found, budget = run(served, tmp_path, questions(3))
        assert served.batches.sizes == [3]
    assert len(found) == budget.spent.calls == 3


def test_an_endpoint_without_batches_is_bad_input_and_nothing_stays_reserved(
    tmp_path: Path,
) -> None:
    with scripted_teacher(fine) as served:
        served.batches.is_absent = True
        with pytest.raises(BadInput, match=r"teacher\.batch: status 404"):
            run(served, tmp_path, questions(3))
    assert Budget(UPath(tmp_path) / "ledger", Caps()).spent.calls == 0


def test_one_file_waits_until_another_has_left_room_in_the_budget(tmp_path: Path) -> None:
    with scripted_teacher(fine) as served:
        found, budget = run(
            served, tmp_path, questions(4), batch_requests=1, caps=Caps(tokens=1000)
        )
        assert served.batches.sizes == [1, 1, 1, 1]
    assert len(found) == budget.spent.calls == 4


def test_a_batch_of_other_questions_is_not_waited_for_and_taken_when_it_has_ended(
    tmp_path: Path,
) -> None:
    with scripted_teacher(fine) as served:
        served.batches.polls_to_end = 1000
        with pytest.raises(Unavailable, match="batch_deadline_s: batch batch-0 is in_progress"):
            run(served, tmp_path, questions(3), batch_deadline_s=0)
        others = {"other": Question("Else?", {"type": "object"}, 1)}
        served.batches.polls_to_end = 2
        found, budget = run(served, tmp_path, others)
    assert {*found} == {*others, *questions(3)}
    assert budget.spent.calls == 4


def test_answers_that_the_provider_counts_and_does_not_give_were_paid(tmp_path: Path) -> None:
    with scripted_teacher(fine) as served:
        served.batches.damage = lambda results: results.split(b"\n")[0] + b"\n"
        with contextlib.suppress(Unavailable):
            _, budget = run(served, tmp_path, questions(3), retries=1)
    assert budget.spent.calls == 3


def test_azure_has_other_paths(tmp_path: Path) -> None:
    with scripted_teacher(fine) as served:
        found, _ = run(served, tmp_path, questions(2), azure_api_version="2024-10-21")
        (file,) = [each for each in served.batches.files.values() if b'"url"' in each]
        (batch,) = served.batches.batches.values()
        assert {path.partition("/files")[0] for path in served.paths if "/files" in path} == {
            "/openai"
        }
    assert len(found) == 2
    assert b'"url": "/chat/completions"' in file
    assert batch["endpoint"] == "/chat/completions"


@pytest.mark.parametrize(
    ("most", "most_bytes", "sizes"),
    [(2, 1000, [2, 2, 1]), (100, 25, [2, 2, 1]), (100, 5, [1] * 5), (5, 1000, [5])],
    ids=["requests", "bytes", "a line over the limit is alone", "one file"],
)
def test_files_are_cut_at_the_providers_limits(
    most: int, most_bytes: int, sizes: list[int]
) -> None:
    lines = iter([(str(n), b"x" * 10) for n in range(5)])
    assert [len(file) for file in cut(lines, most, most_bytes)] == sizes


def fixed_temperature(request: dict[str, Any]) -> Any:
    wrong = refusal(400, "Only the default (1) value is supported.", param="temperature")
    return wrong if "temperature" in request else fine(request)


def test_what_is_refused_for_how_it_was_put_is_put_otherwise_into_another_batch(
    tmp_path: Path,
) -> None:
    with scripted_teacher(fixed_temperature) as served:
        found, budget = run(served, tmp_path, questions(6))
        assert (served.batches.sizes, len(served.requests)) == ([6, 5], 2)
    assert len(found) == budget.spent.calls == 6
    assert budget.spent.dollars == pytest.approx(5 * EACH + EACH / PRICES.batch)


def test_what_nothing_helps_is_asked_no_more_in_batches(tmp_path: Path) -> None:
    with scripted_teacher(lambda request: refusal(400, "no such temperature")) as served:
        found, budget = run(served, tmp_path, questions(3))
        assert served.batches.sizes == [3]
    assert (found, budget.spent.calls) == ({}, 0)


def test_a_batch_at_another_endpoint_is_not_looked_for_here(tmp_path: Path) -> None:
    with scripted_teacher(fine) as there, scripted_teacher(fine) as here:
        there.batches.polls_to_end = 1000
        with pytest.raises(Unavailable, match="batch_deadline_s"):
            run(there, tmp_path, questions(3), batch_deadline_s=0)
        found, budget = run(here, tmp_path, questions(3))
    assert len(found) == 3
    assert budget.spent.calls == 6  # what may still come of the other is reserved


def test_a_limit_that_is_not_heeded_is_asked_for_in_the_other_word_then_ends_the_step(
    tmp_path: Path,
) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 400, "total_tokens": 410}
    long = Odd("{}", usage=usage)
    turns = itertools.count()
    with scripted_teacher(lambda request: EXPIRED if next(turns) == 0 else long) as served:
        with pytest.raises(BadInput, match="400 tokens were written where at most 20"):
            run(served, tmp_path, questions(3))
        assert served.batches.sizes == [3, 1]
        files = [each for each in served.batches.files.values() if b'"url"' in each]
    assert b"max_completion_tokens" in files[0]
    assert b"max_completion_tokens" not in files[1]
    budget = Budget(UPath(tmp_path) / "ledger", Caps())
    assert (budget.spent.calls, budget.spent.tokens) == (3, 3 * 410)


def test_what_was_thought_away_goes_into_another_batch_with_more_room(tmp_path: Path) -> None:
    def script(request: dict[str, Any]) -> Odd:
        limit = request["max_completion_tokens"]
        told = {"prompt_tokens": 10, "completion_tokens": min(limit, 60)}
        return Odd("{}", usage=told) if limit >= 60 else Odd("", finish="length", usage=told)

    with scripted_teacher(script) as served:
        found, budget = run(served, tmp_path, questions(4))
    assert served.batches.sizes == [4, 4]
    assert [answer.fault for answer in found.values()] == [""] * 4
    assert budget.spent.tokens == 4 * (10 + SETTINGS.max_tokens) + 4 * (10 + 60)
