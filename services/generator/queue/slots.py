"""Slots for a fixed number of completions at once, the most urgent first; and a way to be alone."""

import asyncio
import heapq
import itertools
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

Waiter = tuple[float, int, "asyncio.Future[None]"]


class Slots:
    """Slots for completions: the lowest priority number first, then in the order of asking."""

    def __init__(self, slot_count: int) -> None:
        self.slot_count = slot_count
        self.taken_count = 0
        self._free = slot_count
        self._waiting: list[Waiter] = []
        self._numbers = itertools.count()
        self._alone = asyncio.Lock()

    @property
    def waiting_count(self) -> int:
        """Completions that wait for a slot."""
        return sum(not future.done() for _, _, future in self._waiting)

    @asynccontextmanager
    async def slot(self, priority: float = 0) -> AsyncIterator[None]:
        """One slot."""
        await self._acquire(priority)
        self.taken_count += 1
        try:
            yield
        finally:
            self.taken_count -= 1
            self._release()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Every slot: those taken before are waited for, all others wait."""
        async with self._alone:
            free_count, self._free = self._free, 0
            futures = [self._queued(-math.inf) for _ in range(self.slot_count - free_count)]
            try:
                for future in futures:
                    await future
                yield
            finally:
                given = [future for future in futures if not future.cancel()]
                held_count = free_count + sum(not future.cancelled() for future in given)
                for _ in range(held_count):
                    self._release()

    async def _acquire(self, priority: float) -> None:
        if self._free and not self.waiting_count:
            self._free -= 1
            return
        future = self._queued(priority)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._release()
            raise

    def _queued(self, priority: float) -> "asyncio.Future[None]":
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._numbers), future))
        return future

    def _release(self) -> None:
        while self._waiting:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)
                return
        self._free += 1
