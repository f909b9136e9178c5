"""Slots: so many at once, the most urgent first, and sometimes none."""

import asyncio

from services.generator.queue.slots import Slots


async def test_the_most_urgent_goes_first_then_the_first_that_asked() -> None:
    slots = Slots(1)
    order: list[str] = []

    async def take(name: str, priority: float) -> None:
        async with slots.slot(priority):
            order.append(name)

    async with slots.slot():
        tasks = [
            asyncio.create_task(take(name, priority))
            for name, priority in [("late", 5), ("first", 0), ("second", 0), ("urgent", -1)]
        ]
        await asyncio.sleep(0)
        assert slots.waiting_count == 4
    await asyncio.gather(*tasks)
    assert order == ["urgent", "first", "second", "late"]


async def test_one_that_gives_up_waiting_takes_no_slot() -> None:
    slots = Slots(1)
    async with slots.slot():
        given_up = asyncio.create_task(slots.slot().__aenter__())
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        assert slots.waiting_count == 0
    async with asyncio.timeout(1), slots.alone():
        assert slots.taken_count == 0


async def test_a_slot_that_was_given_to_one_just_cancelled_is_given_on() -> None:
    slots = Slots(1)
    slot = slots.slot()
    await slot.__aenter__()
    waiting = asyncio.create_task(slots.slot().__aenter__())
    await asyncio.sleep(0)
    await slot.__aexit__(None, None, None)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(1), slots.slot():
        assert slots.taken_count == 1


async def test_alone_waits_for_those_inside_and_keeps_the_others_out() -> None:
    slots = Slots(2)
    order: list[str] = []

    async def work(name: str) -> None:
        async with slots.slot():
            order.append(name)
            await asyncio.sleep(0.01)

    async def reload() -> None:
        async with slots.alone():
            assert slots.taken_count == 0
            order.append("alone")

    await asyncio.gather(work("a"), work("b"), reload(), work("c"))
    assert order == ["a", "b", "alone", "c"]
