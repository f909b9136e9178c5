"""Runs a bounded number of things at once and gives each result as soon as it is finished."""

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
    source, is_over = _async(items), False
    done: asyncio.Queue[asyncio.Task[Any]] = asyncio.Queue()
    running: set[asyncio.Task[Any]] = set()
    coming: asyncio.Task[Item] | None = _start(_next(source), done)
    try:
        while running or coming:
            task = await done.get()
            if is_item := task is coming:
                coming, begun = None, _begun(task, function, done)
                running |= begun
                is_over = not begun
            else:
                running.remove(task)
            if not (coming or is_over) and len(running) < concurrency:
                coming = _start(_next(source), done)
            if not is_item:
                yield task.result()
    finally:
        await _cancel({*running, *({coming} if coming else ())})


def _begun(
    coming: "asyncio.Task[Item]",
    function: Callable[[Item], Awaitable[Result]],
    done: "asyncio.Queue[asyncio.Task[Any]]",
) -> "set[asyncio.Task[Result]]":
    """The work on the item that came; nothing when there are no more items."""
    if isinstance(coming.exception(), _Exhausted):
        return set()
    return {_start(function(coming.result()), done)}


def _start(
    work: Awaitable[Result], done: "asyncio.Queue[asyncio.Task[Any]]"
) -> "asyncio.Task[Result]":
    """Begin `work`; it is put into `done` when it is.

    asyncio.wait would look at everything under way for each thing that is done.
    """
    task = asyncio.ensure_future(work)
    task.add_done_callback(done.put_nowait)
    return task


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
