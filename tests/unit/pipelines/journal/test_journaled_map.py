"""Items are asked once, a bounded number at a time, and answers come in order."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.errors import OverBudget, Unavailable
from pipelines.journal import Answering, Journal, Value
from pipelines.journal.journaled_map import WINDOW

Ask = Callable[[int], Awaitable[Value]]
COUNT = 20


def items(count: int = COUNT) -> Iterator[tuple[str, int]]:
    """Numbers under their names."""
    return ((str(number), number) for number in range(count))


async def square(number: int) -> Value:
    """The later, the sooner it is done."""
    await asyncio.sleep((COUNT - number) * 1e-4)
    return {"square": number * number}


def answers(
    journal: Journal,
    function: Ask = square,
    *,
    concurrency: int = 4,
    keep: Callable[[Value], bool] = lambda value: True,
) -> list[Value]:
    """All answers."""

    async def collect() -> list[Value]:
        answering = Answering(journal, function, concurrency=concurrency, keep=keep)
        return [value async for _, value in answering.answers(items())]

    return asyncio.run(collect())


def test_answers_come_in_the_order_of_the_items(folder: UPath) -> None:
    with Journal(folder) as journal:
        assert answers(journal) == [{"square": n * n} for n in range(COUNT)]


def test_a_restart_asks_nothing_twice(folder: UPath) -> None:
    with Journal(folder) as journal:
        answers(journal)
    asked = []

    async def note(number: int) -> Value:
        asked.append(number)
        return {}

    with Journal(folder) as journal:
        assert answers(journal, note) == [{"square": n * n} for n in range(COUNT)]
    assert asked == []


def test_an_error_keeps_what_was_answered_before_it(folder: UPath) -> None:
    asked = []

    async def fail_at_twelve(number: int) -> Value:
        asked.append(number)
        if number == 12:
            raise OverBudget("calls")
        return {"square": number * number}

    with pytest.raises(OverBudget), Journal(folder) as journal:
        answers(journal, fail_at_twelve)
    kept = set(Journal(folder).values)
    assert kept >= {str(n) for n in range(12)}
    assert kept == {str(n) for n in asked if n != 12}


LOST = {"is_lost": True}


def answers_of(journal: Journal, function: Ask) -> list[Value]:
    """All answers; what is lost is not kept."""

    async def collect() -> list[Value]:
        answering = Answering(
            journal,
            function,
            concurrency=4,
            keep=lambda value: value != LOST,
            lost=lambda value: value == LOST,
        )
        return [value async for _, value in answering.answers(items())]

    return asyncio.run(collect())


def test_what_is_lost_to_an_overload_is_asked_once_more_when_the_others_are_done(
    folder: UPath,
) -> None:
    asked: list[int] = []

    async def overloaded(number: int) -> Value:
        asked.append(number)
        return LOST if number in (3, 7) and asked.count(number) == 1 else await square(number)

    with Journal(folder) as journal:
        assert answers_of(journal, overloaded) == [{"square": n * n} for n in range(COUNT)]
    assert asked[-2:] == [3, 7]
    assert sorted(asked) == sorted([*range(COUNT), 3, 7])


@pytest.mark.parametrize("end", [LOST, Unavailable("away")], ids=["lost", "away"])
def test_what_is_lost_again_is_given_as_lost_and_asked_in_another_start(
    folder: UPath, end: Value | Unavailable
) -> None:
    asked: list[int] = []

    async def overloaded(number: int) -> Value:
        asked.append(number)
        if number == 3 and asked.count(3) == 2 and isinstance(end, Unavailable):
            raise end
        return LOST if number == 3 else await square(number)

    with Journal(folder) as journal:
        assert answers_of(journal, overloaded)[3] == LOST
    assert asked.count(3) == 2
    with Journal(folder) as journal:
        assert answers_of(journal, square)[3] == {"square": 9}


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


def test_no_more_than_a_window_of_items_is_taken_before_they_are_wanted(tmp_path: Path) -> None:
    taken = 0

    def counted() -> Iterator[tuple[str, int]]:
        nonlocal taken
        for item in items(1000):
            taken += 1
            yield item

    async def take_one() -> int:
        with Journal(UPath(tmp_path)) as journal:
            given = Answering(journal, square, concurrency=2).answers(counted())
            await anext(given)
            await asyncio.sleep(0.05)
            before = taken
            await given.aclose()
        return before

    assert asyncio.run(take_one()) == 2 * WINDOW


def test_an_answer_that_is_not_kept_is_asked_for_again(folder: UPath) -> None:
    with Journal(folder) as journal:
        given = answers(journal, keep=lambda value: value["square"] > 100)
    assert given[3] == {"square": 9}
    assert set(Journal(folder).values) == {str(n) for n in range(11, COUNT)}


def test_the_same_item_twice_is_asked_once(tmp_path: Path) -> None:
    asked = []

    async def note(number: int) -> Value:
        asked.append(number)
        await asyncio.sleep(0.001)
        return {"n": number}

    async def collect() -> list[Value]:
        twice = [*items(5), *items(5)]
        with Journal(UPath(tmp_path)) as journal:
            answering = Answering(journal, note, concurrency=10)
            return [value async for _, value in answering.answers(twice)]

    assert asyncio.run(collect()) == [{"n": n} for n in range(5)] * 2
    assert sorted(asked) == list(range(5))


def test_a_damaged_answer_is_asked_for_again(tmp_path: Path) -> None:
    with Journal(UPath(tmp_path)) as journal:
        answers(journal)
    (segment,) = tmp_path.glob("*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b'"square": 49}', b'"square": 94}'))
    with Journal(UPath(tmp_path)) as journal:
        assert answers(journal)[7] == {"square": 49}


def test_when_cancelled_what_is_under_way_is_kept(folder: UPath) -> None:
    async def slow(number: int) -> Value:
        await asyncio.sleep(0.2)
        return {"n": number}

    async def cancelled() -> None:
        with Journal(folder) as journal:
            answering = Answering(journal, slow, concurrency=4)

            async def consume() -> None:
                async for _ in answering.answers(items()):
                    pass

            task = asyncio.create_task(consume())
            await asyncio.sleep(0.1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cancelled())
    assert set(Journal(folder).values) == {"0", "1", "2", "3"}


def test_a_store_that_is_slow_holds_up_what_is_asked(tmp_path: Path) -> None:
    """Answers that are not stored yet are no more than those under way."""
    unstored, most = 0, 0

    class SlowJournal(Journal):
        async def store_when_due(self) -> None:
            nonlocal unstored, most
            unstored += 1
            most = max(most, unstored)
            await asyncio.sleep(0.005)
            unstored -= 1

    async def at_once(number: int) -> Value:
        return {"n": number}

    with SlowJournal(UPath(tmp_path)) as journal:
        answers(journal, at_once, concurrency=3)
    assert most == 3
