"""Questions through the batch API: cut at the limits, submitted once, paid by item."""

import asyncio
import contextlib
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import OverBudget, Unavailable
from pipelines.budget.budget import Budget
from pipelines.budget.usage import Caps
from pipelines.chat_api.questions import Answer, Question
from pipelines.chat_api.teacher import Teacher
from pipelines.openai_client.client import Endpoint, TeacherClient
from pipelines.recipe.prices import price_of
from pipelines.recipe.teacher_section import Prices
from pipelines.recipe.teacher_section import Teacher as Settings
from pipelines.scripted_teacher.batches import EXPIRED
from pipelines.scripted_teacher.replies import Odd, refusal
from pipelines.scripted_teacher.server import ScriptedTeacher, scripted_teacher
from pipelines.teacher.batch_api import Batches, cut

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
    most: int = 50_000,
    caps: Caps | None = None,
    kill_after: int | None = None,
    is_kept: bool = False,
    attempts: int = 1,
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
        client = TeacherClient(Endpoint(served.url, "m", "key"), 5)
        price = price_of("m", SETTINGS.prices)
        settings = SETTINGS.model_copy(update={"attempts": attempts})
        teacher = Teacher(client, "m", settings=settings, budget=budget, stage="s", price=price)
        try:
            await Batches(teacher, UPath(folder) / "batches", most).ask(asked, keep)
        finally:
            await client.close()

    with contextlib.suppress(Killed):
        asyncio.run(ask())
    return found, budget


def fine(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"])


def test_every_question_is_answered_and_paid_at_the_batch_price(tmp_path: Path) -> None:
    with scripted_teacher(fine) as served:
        found, budget = run(served, tmp_path, questions(5), most=2)
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
    assert set(after) == set(left)
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
        served.batches.failure = "too many tokens are enqueued"
        with pytest.raises(Unavailable, match="too many tokens are enqueued"):
            run(served, tmp_path, questions(3))
        served.batches.failure = ""
        found, budget = run(served, tmp_path, questions(3))
    assert len(found) == budget.spent.calls == 3


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
