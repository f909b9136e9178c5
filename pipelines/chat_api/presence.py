"""The presence of an endpoint: that it is away is told from that a question is too much for it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from pipelines.chat_api.questions import Question
from pipelines.openai_client.replies import Fault, FaultKind, Reply

PROOF_S = 10.0
"""So long an endpoint that was looked at counts as there."""
Others = Callable[[], Sequence[Question]]


class Presence:
    """Puts other questions, by `put`, where one has failed and nothing was answered meanwhile."""

    def __init__(self, put: Callable[[Question], Awaitable[Reply | Fault]]) -> None:
        self.others: Others = list
        """Questions to put where none was answered yet."""
        self._put, self._looking = put, asyncio.Lock()
        self._replied_at = self._looked_at = self._proved_at = 0.0
        self._known: Question | None = None

    def note_reply(self, question: Question) -> None:
        """Count an answer; its question may be put again, to look whether the endpoint is there."""
        self._replied_at, self._known = time.monotonic(), question

    async def is_there(self, since: float) -> bool:
        """Whether it has answered since then, or answers another question now."""
        if self._replied_at >= since:
            return True
        async with self._looking:
            is_new = max(self._replied_at, self._looked_at) < since
            if is_new and time.monotonic() - self._proved_at > PROOF_S:
                self._looked_at = time.monotonic()
                await self._look()
            return self._replied_at >= since or self._proved_at > self._looked_at

    async def _look(self) -> None:
        for other in [self._known] if self._known else await asyncio.to_thread(self.others):
            outcome = await self._put(other)
            if isinstance(outcome, Reply):
                self._proved_at = time.monotonic()
            if isinstance(outcome, Reply) or outcome.kind is FaultKind.TIMED_OUT:
                return
