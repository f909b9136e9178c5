"""A fixed number of completions at once, and a way to have none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Slots for completions, given in the order in which they are asked for."""

    def __init__(self, slot_count: int) -> None:
        self.slot_count = slot_count
        self.taken_count = 0
        self._slots = asyncio.Semaphore(slot_count)
        self._alone = asyncio.Lock()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """One slot."""
        async with self._slots:
            self.taken_count += 1
            try:
                yield
            finally:
                self.taken_count -= 1

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Every slot: those taken before are waited for, those asked for later wait."""
        held = 0
        async with self._alone:
            try:
                for _ in range(self.slot_count):
                    await self._slots.acquire()
                    held += 1
                yield
            finally:
                for _ in range(held):
                    self._slots.release()
