"""Bounded concurrency: order, room, back-pressure, errors, leaving early."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from littlegiants.as_finished import as_finished


async def test_gives_results_in_the_order_in_which_they_are_done() -> None:
    async def wait(delay: int) -> int:
        await asyncio.sleep(delay / 50)
        return delay

    results = [result async for result in as_finished([5, 1, 3], wait, concurrency=3)]
    assert results == [1, 3, 5]


async def test_has_no_more_under_way_than_there_is_room_for() -> None:
    running, most = 0, 0

    async def count(item: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1

    results = [result async for result in as_finished(range(50), count, concurrency=7)]
    assert (len(results), most) == (50, 7)


async def test_takes_no_more_than_it_can_use() -> None:
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    async def same(item: int) -> int:
        return item

    results = as_finished(endless(), same, concurrency=3)
    async with aclosing(results):
        async for _ in results:
            break
    assert taken <= 5


async def test_leaving_early_cancels_the_rest() -> None:
    cancelled = []

    async def hang(item: int) -> int:
        try:
            await asyncio.sleep(0.05 if item == 0 else 60)
        except asyncio.CancelledError:
            cancelled.append(item)
            raise
        return item

    results = as_finished(range(4), hang, concurrency=4)
    async with aclosing(results):
        async for _ in results:
            await asyncio.sleep(0.01)
            break
    assert sorted(cancelled) == [1, 2, 3]


async def test_the_first_exception_ends_everything() -> None:
    async def fail(item: int) -> int:
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        [result async for result in as_finished(range(4), fail, concurrency=2)]
