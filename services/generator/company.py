"""A completion is never alone: what an engine writes must not depend on what it writes beside it.

vLLM's CPU kernels round a batch of one differently from larger ones, and a sampled text then takes
another turn. Two idle chats, begun with the first completion and ended with the last, are company.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

COMPANY = 2
"""Chats at a time; they end at different steps, so that there is always one."""
Chat = Callable[[float], AsyncIterator[object]]
"""Idle talk of a share (0 to 1) of the longest length, token by token."""


class Company:
    """Keeps two chats going while there are completions."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._completion_count = 0
        self._talkers: list[asyncio.Task[None]] = []
        self._begun: list[asyncio.Event] = []

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Company for one completion; entered when both chats are under way."""
        self._completion_count += 1
        if self._completion_count == 1:
            self._begin()
        try:
            for begun in self._begun:
                await begun.wait()
            yield
        finally:
            self._completion_count -= 1
            if self._completion_count == 0:
                await self._end()

    def _begin(self) -> None:
        self._begun = [asyncio.Event(), asyncio.Event()]
        # of unequal length at first, so that they never end in the same step
        self._talkers = [
            asyncio.create_task(self._talk(share, begun))
            for share, begun in zip((1.0, 0.5), self._begun, strict=True)
        ]

    async def _talk(self, share: float, begun: asyncio.Event) -> None:
        try:
            while True:
                async for _ in self._chat(share):
                    begun.set()
                share = 1.0
        finally:
            begun.set()  # where the engine is dead, the completion itself says so

    async def _end(self) -> None:
        talkers, self._talkers = self._talkers, []
        for talker in talkers:
            talker.cancel()
        await asyncio.gather(*talkers, return_exceptions=True)
