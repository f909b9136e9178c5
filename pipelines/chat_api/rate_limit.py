"""How fast a teacher is asked: as many requests at once as it bears, and never above its limits."""

import asyncio
import contextlib
import math
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiolimiter import AsyncLimiter

from littlegiants.errors import Unavailable
from littlegiants.heartbeat import doing, duration
from pipelines.openai_client.replies import Fault, Reply
from pipelines.step_progress import say

BURST_SHARE = 0.1
"""Of a window's limit that may be spent at once."""
JITTER_S = 0.5
LONG_S = 30.0
"""A wait of so long is told when it begins."""


class Pace:
    """Additive increase, multiplicative cut: one more after a full round of replies, half after a
    fault that is the pace's. The endpoint's Retry-After stops everyone, not only who got it; one
    beyond `longest_s` ends it for all. `name` is the stage's, for what it says.
    """

    def __init__(
        self,
        width: int,
        *,
        rpm: int | None = None,
        tpm: int | None = None,
        window_s: float = 60.0,
        longest_s: float = math.inf,
        name: str = "teacher",
    ) -> None:
        self.limit = float(width)
        self._width, self._flying = width, 0
        self._longest_s, self._name = longest_s, name
        self._cut_at = self._resume_at = 0.0
        self._free = asyncio.Condition()
        self._ended, self._reason = asyncio.Event(), ""
        self._calls = rate(rpm, window_s) if rpm else None
        self._tokens = rate(tpm, window_s) if tpm else None

    @asynccontextmanager
    async def turn(self, tokens: int) -> AsyncIterator[float]:
        """A place among the requests in flight, once it may be sent; gives when it was.

        Raises Unavailable when the endpoint asks to be left alone for too long.
        """
        async with self._free:
            await self._free.wait_for(lambda: self._flying < int(self.limit))
            self._flying += 1
        try:
            with doing("held back by the teacher's limits"):
                await self._wait(tokens)
            yield time.monotonic()
        finally:
            self._flying -= 1
            async with self._free:
                self._free.notify(2)  # the limit may have grown by one as well

    async def _wait(self, tokens: int) -> None:
        if self._calls:
            await self._calls.acquire()
        while self._tokens and tokens > 0:
            piece = min(tokens, int(self._tokens.max_rate))
            await self._tokens.acquire(piece)
            tokens -= piece
        while (left := self._resume_at - time.monotonic()) > 0 and not self._reason:
            with contextlib.suppress(TimeoutError):
                pause = left + random.uniform(0, min(JITTER_S, left))
                await asyncio.wait_for(self._ended.wait(), pause)
        if self._reason:
            raise Unavailable(self._reason)

    def note(self, outcome: Reply | Fault, sent_at: float) -> None:
        """Learn from what came of a request; those sent before the last cut cut no further."""
        if isinstance(outcome, Reply):
            self.limit = min(self._width, self.limit + 1 / self.limit)
            return
        if not outcome.is_passing:
            return
        now = time.monotonic()
        if sent_at > self._cut_at:
            self.limit, self._cut_at = max(1.0, self.limit / 2), now
        if outcome.retry_after_s > self._longest_s:
            self._end(outcome)
        elif outcome.retry_after_s >= LONG_S and now >= self._resume_at:
            say(self._name, f"waits {duration(outcome.retry_after_s)}, as told: {outcome.message}")
        self._resume_at = max(self._resume_at, now + outcome.retry_after_s)

    def _end(self, fault: Fault) -> None:
        self._reason = (
            f"teacher: asks to wait {duration(fault.retry_after_s)}, more than teacher.deadline_s "
            f"({duration(self._longest_s)}): {fault.message}; start the same command again then"
        )
        self._ended.set()


def rate(limit: int, window_s: float) -> AsyncLimiter:
    """At most `limit` in any window: what may burst is taken from what flows in meanwhile."""
    burst = max(1.0, limit * BURST_SHARE)
    flow = max(limit - burst, limit * BURST_SHARE) / window_s
    return AsyncLimiter(burst, burst / flow)
