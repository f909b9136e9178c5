"""Questions through the provider's batch API: submitted once, followed over restarts."""

import asyncio
import contextlib

from upath import UPath

from littlegiants.errors import BadInput, Unavailable
from pipelines.batch_api.follow import BatchFollower, Ended, Watched
from pipelines.batch_api.items import BatchItems
from pipelines.batch_api.parts import Part, parts_in
from pipelines.batch_api.submit import BatchSubmitter
from pipelines.chat_api.teacher import Teacher
from pipelines.openai_client.batch_client import BatchClient
from pipelines.openai_client.batch_results import outcomes_of
from pipelines.openai_client.batch_status import FAILED
from pipelines.step_progress import say


class Batches:
    """A stage's batches; their state lies in `folder`."""

    def __init__(self, teacher: Teacher, folder: UPath) -> None:
        self._stage, self._folder, self._url = teacher.stage, folder, teacher.client.url
        self._client = BatchClient(teacher.client)
        self._submitter = BatchSubmitter(teacher, self._client, folder)
        self._follower = BatchFollower(self._client, teacher.stage, teacher.settings)

    @property
    def has_begun(self) -> bool:
        """Whether there were batches of this stage before."""
        return bool(parts_in(self._folder))

    async def ask(self, items: BatchItems) -> None:
        """Answer what can be answered so; what `retries` batches did not answer is left out.

        Raises OverBudget before a file is sent that may cost more than is left, BadInput where
        there are no batches, Unavailable when one fails as a whole or takes too long.
        """
        for part in parts_in(self._folder):
            if part.is_done:
                items.learn(part)
        while parts := await self._running(items):
            running = [self._finished(part, items) for part in parts]
            for outcome in await asyncio.gather(*running, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
        for part in self._open():
            # they are others' questions, or a former recipe's: none of these waits for them
            with contextlib.suppress(BadInput, Unavailable):
                await self._glanced(part, items)

    def _open(self) -> list[Part]:
        parts = [part for part in parts_in(self._folder) if part.endpoint in ("", self._url)]
        return [part for part in parts if not part.is_done]

    async def _running(self, items: BatchItems) -> list[Part]:
        """The batches that some of the questions are in, with those that are begun for the rest."""
        while True:
            parts = [part for part in self._open() if items.wants(part)]
            left = items.left(parts)
            lines = items.lines(left, self._client.path)
            parts += await self._submitter.submitted(lines, has_running=bool(parts))
            if parts or not left:
                return parts

    async def _finished(self, part: Part, items: BatchItems) -> None:
        batch_id = part.batch_id
        if part.file_id and not batch_id:
            found = await self._client.find(part.file_id, part.tag)
            batch_id = found.id if found else ""
        if not batch_id:
            await self._submitter.close(part)
            return
        ended = await self._follower.ended(batch_id)
        await self._taken(part, ended, items)
        if ended.batch.is_too_large:
            self._submitter.halve(len(part.keys), ended.batch.message)
        elif ended.batch.end == FAILED:
            raise Unavailable(
                f"teacher: batch {batch_id} failed: {ended.batch.message or 'no reason given'}; "
                "mend what it names and start the same command again"
            )

    async def _glanced(self, part: Part, items: BatchItems) -> None:
        """Take what a batch has answered that nobody waits for, if it has ended."""
        if part.batch_id and (ended := await self._follower.look(Watched(part.batch_id))):
            await self._taken(part, ended, items)

    async def _taken(self, part: Part, ended: Ended, items: BatchItems) -> None:
        """Settle and keep what a batch has answered; then its part is done."""
        if damaged := sum(len(file.damaged) for file in ended.files):
            say(
                self._stage,
                f"batch {ended.batch.id}: {damaged} lines of its results are damaged; what they "
                "answered counts as paid and is asked again",
            )
        completed = ended.batch.counts.completed or 0
        done = await items.take(part, outcomes_of(ended.files, part.keys, completed))
        items.learn(await self._submitter.close(done, was_too_large=ended.batch.is_too_large))
        items.check_length()
