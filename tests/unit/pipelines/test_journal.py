"""The journal keeps what was answered, whatever happens after."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import fsspec
import pytest
from upath import UPath

from littlegiants.errors import BadInput, OverBudget
from pipelines.journal import Journal, Value

Ask = Callable[[int], Awaitable[Value]]
ITEMS = {str(number): number for number in range(20)}


async def square(number: int) -> Value:
    await asyncio.sleep(0)
    return {"square": number * number}


def answers(journal: Journal, function: Ask = square, concurrency: int = 4) -> list[Value]:
    return asyncio.run(journal.map(ITEMS, function, concurrency=concurrency))


@pytest.fixture(params=["file", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> UPath:
    if request.param == "memory":
        fsspec.filesystem("memory").store.clear()
        return UPath("memory://journals/squares")
    return UPath(tmp_path / "squares")


def test_answers_come_in_the_order_of_the_items(folder: UPath) -> None:
    with Journal(folder) as journal:
        assert answers(journal) == [{"square": n * n} for n in range(20)]


def test_a_restart_asks_nothing_twice(folder: UPath) -> None:
    with Journal(folder) as journal:
        answers(journal)
    asked = []

    async def note(number: int) -> Value:
        asked.append(number)
        return {}

    with Journal(folder) as journal:
        assert answers(journal, note) == [{"square": n * n} for n in range(20)]
    assert asked == []


def test_an_error_keeps_what_was_answered_before_it(folder: UPath) -> None:
    async def fail_at_twelve(number: int) -> Value:
        if number == 12:
            raise OverBudget("calls")
        return await square(number)

    with pytest.raises(OverBudget), Journal(folder) as journal:
        answers(journal, fail_at_twelve)
    kept = Journal(folder).values
    assert set(kept) >= {str(n) for n in range(12)}
    assert "12" not in kept


def test_a_line_that_a_crash_cut_is_left_out(tmp_path: Path) -> None:
    with Journal(UPath(tmp_path)) as journal:
        answers(journal)
    (segment,) = tmp_path.glob("*.jsonl")
    segment.write_bytes(segment.read_bytes()[:-9])
    assert set(Journal(UPath(tmp_path)).values) == {str(n) for n in range(19)}


def test_a_bad_line_in_the_middle_is_an_error_that_names_it(tmp_path: Path) -> None:
    with Journal(UPath(tmp_path)) as journal:
        answers(journal)
    (segment,) = tmp_path.glob("*.jsonl")
    lines = segment.read_text().splitlines(keepends=True)
    segment.write_text("".join([*lines[:3], '{"key": "3"', "\n", *lines[4:]]))
    with pytest.raises(BadInput, match=r"jsonl:4: not a journal line"):
        Journal(UPath(tmp_path))


def test_two_writers_do_not_disturb_each_other(folder: UPath) -> None:
    with Journal(folder) as one, Journal(folder) as other:
        one.append("a", {"by": 1})
        other.append("b", {"by": 2})
    assert Journal(folder).values == {"a": {"by": 1}, "b": {"by": 2}}


def test_at_most_so_many_items_are_under_way(tmp_path: Path) -> None:
    running, most = 0, 0

    async def watch(number: int) -> Value:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return {}

    with Journal(UPath(tmp_path)) as journal:
        answers(journal, watch, concurrency=3)
    assert most == 3


def test_an_answer_that_is_not_kept_is_asked_for_again(folder: UPath) -> None:
    with Journal(folder) as journal:
        given = asyncio.run(
            journal.map(ITEMS, square, concurrency=2, keep=lambda value: value["square"] > 100)
        )
    assert given[3] == {"square": 9}
    assert set(Journal(folder).values) == {str(n) for n in range(11, 20)}
