"""A bounded number of things at once, each result when it is done."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
)
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def as_finished(
    items: Iterable[Item] | AsyncIterable[Item],
    function: Callable[[Item], Awaitable[Result]],
    *,
    concurrency: int,
) -> AsyncGenerator[Result, None]:
    """Results of `function` over `items` in the order in which they are done.

    An item is taken only when there is room for it, so that an endless source is fine. The first
    exception ends everything; leaving the loop early cancels what is under way.
    """
    source = _async(items)
    coming: asyncio.Task[Item] | None = asyncio.ensure_future(_next(source))
    running: set[asyncio.Task[Result]] = set()
    try:
        while running or coming:
            waits: set[asyncio.Task[Any]] = {*running}
            if coming and len(running) < concurrency:
                waits.add(coming)
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finished = {task for task in running if task.done()}
            running -= finished
            if coming in waits and coming.done():
                coming = _started(coming, source, function, running)
            for task in finished:
                yield task.result()
    finally:
        await _cancel({*running, *({coming} if coming else ())})


def _started(
    coming: "asyncio.Task[Item]",
    source: AsyncIterator[Item],
    function: Callable[[Item], Awaitable[Result]],
    running: "set[asyncio.Task[Result]]",
) -> "asyncio.Task[Item] | None":
    """Start on the item that came, and ask for the next one; None when there is none."""
    if isinstance(coming.exception(), _Exhausted):
        return None
    running.add(asyncio.ensure_future(function(coming.result())))
    return asyncio.ensure_future(_next(source))


class _Exhausted(Exception):
    """A task cannot end with StopAsyncIteration."""


async def _next(source: AsyncIterator[Item]) -> Item:
    try:
        return await anext(source)
    except StopAsyncIteration as error:
        raise _Exhausted from error


async def _async(items: Iterable[Item] | AsyncIterable[Item]) -> AsyncIterator[Item]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


async def _cancel(tasks: "set[asyncio.Task[Any]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
