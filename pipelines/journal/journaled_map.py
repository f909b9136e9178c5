"""Items in, answers out in the same order: what the journal has is read, the rest is asked."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Generic, TypeVar

from littlegiants.errors import Unavailable
from pipelines.journal.journal import Journal
from pipelines.journal.record_format import Value

Item = TypeVar("Item")
WINDOW = 8
"""Items in memory for each that is asked at once: an answer that is late holds up no others."""
LOOK_S = 0.1
"""Between looks whether an answer has waited long enough to be stored."""
GRACE_S = 10.0
"""For answers that are under way when the process is told to stop."""


async def _nothing() -> None:
    """Nothing is to be made ready."""


class Answering(Generic[Item]):
    """A journaled map with a bounded window: memory does not grow with the number of items.

    `function` is called for an item that has no answer yet, `concurrency` at once; `ready` is
    awaited before the first call. Answers that are not to `keep` are given but not stored; `done`
    is told of each that was asked. What is `lost` to an overload is asked once more when all that
    was asked before it is answered, and given as it is when that fails too.
    """

    def __init__(
        self,
        journal: Journal,
        function: Callable[[Item], Awaitable[Value]],
        *,
        concurrency: int,
        keep: Callable[[Value], bool] = lambda value: True,
        lost: Callable[[Value], bool] = lambda value: False,
        done: Callable[[Value], None] = lambda value: None,
        ready: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self._journal, self._function, self._keep = journal, function, keep
        self._lost, self._done = lost, done
        self._ready, self._is_ready = ready, False
        self._slots, self._window = asyncio.Semaphore(concurrency), WINDOW * concurrency
        self._under_way: dict[str, asyncio.Task[Value]] = {}
        self._failure: BaseException | None = None
        self.resumed = 0

    async def answers(
        self, items: Iterable[tuple[str, Item]]
    ) -> AsyncGenerator[tuple[Item, Value], None]:
        """Each item, which comes with its key, and its answer, in the order of `items`.

        The first exception ends it: nothing new is begun, answers under way are kept, then it is
        raised. When cancelled, they have GRACE_S.
        """
        waiting: deque[tuple[str, Item]] = deque()
        grace, storing = None, asyncio.create_task(self._store_regularly())
        try:
            for key, item in items:
                await self._begin(key, item)
                waiting.append((key, item))
                if len(waiting) >= self._window:
                    yield waiting[0][1], await self._answer(*waiting.popleft())
            while waiting:
                yield waiting[0][1], await self._answer(*waiting.popleft())
        except asyncio.CancelledError:
            grace = GRACE_S
            raise
        finally:
            storing.cancel()
            await self._settle(grace)

    async def _begin(self, key: str, item: Item) -> None:
        """Ask for an item that nobody has answered or asked."""
        if self._failure:
            raise self._failure
        if key in self._under_way:
            return
        if key in self._journal:
            self.resumed += 1
            return
        await self._ask(key, item)

    async def _ask(self, key: str, item: Item) -> None:
        if not self._is_ready:
            await self._ready()
            self._is_ready = True
        self._under_way[key] = asyncio.create_task(self._work(key, item))

    async def _answer(self, key: str, item: Item) -> Value:
        if key not in self._under_way:
            value = self._journal.get(key)
            if value is not None:
                return value
            await self._ask(key, item)  # it is damaged, or was not to keep
        value = await self._result(key)
        if self._lost(value):
            self._under_way[key] = asyncio.create_task(self._work(key, item, value))
            value = await self._result(key)
        return value

    async def _result(self, key: str) -> Value:
        if not self._under_way[key].done():
            await asyncio.wait([self._under_way[key]])
        return self._under_way.pop(key).result()

    async def _work(self, key: str, item: Item, lost: Value | None = None) -> Value:
        """Ask, and keep the answer; `lost` is what came of the first time."""
        async with self._slots:
            if self._failure:
                raise self._failure
            try:
                value = await self._asked(item, lost)
                if self._keep(value):
                    self._journal.add(key, value)
                    await self._journal.store_when_due()
            except BaseException as error:
                self._failure = self._failure or error
                raise
            if lost or not self._lost(value):
                self._done(value)
            return value

    async def _asked(self, item: Item, lost: Value | None) -> Value:
        try:
            return await self._function(item)
        except Unavailable:
            if lost is None:
                raise
            return lost

    async def _store_regularly(self) -> None:
        """Also when no further answer comes, none waits longer than the journal says."""
        try:
            while True:
                await asyncio.sleep(LOOK_S)
                await self._journal.store_when_due()
        except Unavailable as error:
            self._failure = self._failure or error

    async def _settle(self, grace: float | None) -> None:
        """Wait for what is under way; then nothing that was answered is only in memory."""
        self._failure = self._failure or asyncio.CancelledError()
        tasks = list(self._under_way.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self._journal.store)
