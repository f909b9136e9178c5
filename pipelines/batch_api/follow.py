"""A batch is looked at until it has ended and its results are there."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from littlegiants.errors import BadInput, Unavailable
from littlegiants.heartbeat import doing, duration
from pipelines.openai_client.batch_client import BatchClient
from pipelines.openai_client.batch_results import Results
from pipelines.openai_client.batch_status import Batch
from pipelines.openai_client.replies import Fault, FaultKind
from pipelines.recipe.teacher_section import TeacherSection
from pipelines.step_progress import say

LATE_S, LATE_IN_PART_S = 600.0, 30.0
"""So long a batch that is completed may still lack its results, or one of the files with them."""
ABSENT = 404
"""Status of what is not there yet."""


@dataclass(slots=True)
class Watched:
    """A batch, and what was seen of it."""

    id: str
    status: str = "submitted"
    began: float = field(default_factory=time.monotonic)
    heard_at: float = field(default_factory=time.monotonic)
    ended_at: float | None = None

    def line(self) -> str:
        """What a heartbeat tells."""
        return f"batch {self.id}: {self.status}, {duration(time.monotonic() - self.began)}"

    def see(self, batch: Batch) -> None:
        """Note how it stands."""
        self.heard_at = time.monotonic()
        self.status = f"{batch.status}{batch.counts.told()}"
        if batch.end and self.ended_at is None:
            self.ended_at = self.heard_at


@dataclass(frozen=True, slots=True)
class Ended:
    """A batch that has ended, with the files of its results."""

    batch: Batch
    files: Sequence[Results]


class BatchFollower:
    """Follows batches; however long that takes, it says how they stand."""

    def __init__(self, client: BatchClient, stage: str, settings: TeacherSection) -> None:
        self._client, self._stage, self._settings = client, stage, settings

    async def ended(self, batch_id: str) -> Ended:
        """Wait for the end of a batch.

        Raises Unavailable when it takes too long or cannot be seen; the next start goes on.
        """
        watched = Watched(batch_id)
        with doing(watched.line):
            while (ended := await self.look(watched)) is None:
                self._check_time(watched)
                await asyncio.sleep(self._settings.batch_poll_s)
        return ended

    async def look(self, watched: Watched) -> Ended | None:
        """How it ended, if it has."""
        batch, before = await self._client.look(watched.id), watched.status
        if isinstance(batch, Fault):
            self._unseen(watched, batch)
            return None
        watched.see(batch)
        if watched.status != before:
            say(self._stage, f"batch {batch.id}: {watched.status}")
        if not batch.is_whole and not self._is_late(watched, batch):
            return None
        files = []
        for file in batch.files:
            results = await self._client.results(file)
            if isinstance(results, Fault):
                self._unseen(watched, results)
                return None
            files.append(results)
        return Ended(batch, files)

    def _is_late(self, watched: Watched, batch: Batch) -> bool:
        """Whether what is there has to do."""
        longest_s = LATE_IN_PART_S if batch.files else LATE_S
        if watched.ended_at is None or time.monotonic() - watched.ended_at < longest_s:
            return False
        if not batch.files:
            raise Unavailable(
                f"teacher.batch: batch {batch.id} is {batch.status} and has no file of results; "
                "start the same command again later"
            )
        return True

    def _unseen(self, watched: Watched, fault: Fault) -> None:
        if fault.kind is FaultKind.DENIED and fault.status != ABSENT:
            raise BadInput(
                f"teacher.batch: batch {watched.id}: {fault.message}; mend what it names and "
                "start the same command again: it goes on with this batch"
            )
        silent_s = time.monotonic() - watched.heard_at
        if silent_s > self._settings.deadline_s:
            raise Unavailable(
                f"teacher.batch: batch {watched.id} was not seen for {duration(silent_s)}: "
                f"{fault.message}; start the same command again: it goes on with this batch"
            )
        if fault.message not in watched.status:
            watched.status = f"not seen ({fault.message})"
            say(self._stage, f"batch {watched.id}: {watched.status}")

    def _check_time(self, watched: Watched) -> None:
        taken_s = time.monotonic() - watched.began
        if taken_s > self._settings.batch_deadline_s:
            raise Unavailable(
                f"teacher.batch_deadline_s: batch {watched.id} is {watched.status} after "
                f"{duration(taken_s)}; start the same command again to go on waiting, or cancel "
                "it at the provider before: what it answered is taken then"
            )
