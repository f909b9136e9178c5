"""Submits files of requests to the provider: paid for in advance, in sizes that it takes."""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace

from upath import UPath

from littlegiants.errors import BadInput, OverBudget, Unavailable
from pipelines.batch_api.parts import Part, cut, stored
from pipelines.budget.usage import Usage
from pipelines.chat_api.request import limit_of
from pipelines.chat_api.teacher import Teacher
from pipelines.openai_client.batch_client import BatchClient
from pipelines.openai_client.batch_status import refuses_size
from pipelines.openai_client.replies import Fault
from pipelines.step_progress import say


class BatchSubmitter:
    """Begins batches; what a provider says is too large is cut in halves, sent one by one."""

    def __init__(self, teacher: Teacher, client: BatchClient, folder: UPath) -> None:
        self._teacher, self._client, self._folder = teacher, client, folder
        self._most, self._is_careful = teacher.settings.batch_requests, False

    async def submitted(
        self, lines: Iterator[tuple[str, bytes]], *, has_running: bool
    ) -> list[Part]:
        """What was begun; the rest of `lines` waits until there is room for it.

        Raises OverBudget before a file is sent that may cost more than is left, BadInput where
        the provider has no batches or refuses them, Unavailable when it stays away.
        """
        begun: list[Part] = []
        for file in cut(lines, self._most, self._teacher.settings.batch_bytes):
            is_alone = not (has_running or begun)
            if self._is_careful and not is_alone:
                break
            if (part := await self._begun(file, is_alone=is_alone)) is None:
                break
            begun.append(part)
        return begun

    async def _begun(self, file: Mapping[str, bytes], *, is_alone: bool) -> Part | None:
        """The part of a file; None where the budget or the provider has no room for it yet."""
        teacher, most, longest = self._teacher, Usage(), 0
        for line in file.values():
            request = json.loads(line)["body"]
            most += teacher.most(request, batch=True)
            longest = limit_of(request, 0)
        try:
            reservation = await teacher.budget.reserve_file(most, teacher.stage)
        except OverBudget:
            if is_alone:
                raise
            return None
        tag, url = uuid.uuid4().hex, teacher.client.url
        part = stored(self._folder, Part(tag, tuple(file), reservation, url, longest))
        file_id = await self._client.upload(b"".join(file.values()), part.tag)
        if isinstance(file_id, Fault):
            await self._refused(part, file_id)
            return None
        part = stored(self._folder, replace(part, file_id=file_id))
        batch = await self._client.start(file_id, part.tag)
        if isinstance(batch, Fault):
            await self._refused(part, batch)
            return None
        say(teacher.stage, f"batch {batch.id}: {len(file):,} requests submitted")
        return stored(self._folder, replace(part, batch_id=batch.id))

    async def _refused(self, part: Part, fault: Fault) -> None:
        """Nothing was begun, so nothing is owed."""
        too_large = refuses_size(fault)
        await self.close(part, was_too_large=too_large)
        if too_large:
            self.halve(len(part.keys), fault.message)
        elif fault.is_passing:
            raise Unavailable(f"teacher.batch: {fault.message}; start the same command again later")
        else:
            raise BadInput(
                f"teacher.batch: {fault.message}; leave it out where there is no batch API"
            )

    async def close(self, part: Part, *, was_too_large: bool = False) -> Part:
        """Nothing more will come of a part: what is left of its reservation is given back."""
        budget = self._teacher.budget
        if budget.is_open(part.reservation):
            budget.settle(part.reservation, Usage())
        await budget.store()
        return stored(self._folder, replace(part, is_done=True, was_too_large=was_too_large))

    def halve(self, count: int, words: str) -> None:
        """Send files of half as many requests from now on, one after another.

        Raises Unavailable when `count` cannot be less.
        """
        if count == 1:
            raise Unavailable(
                f"teacher.batch: not one request is taken: {words}; start the same command again "
                "when other batches have ended"
            )
        self._most, self._is_careful = max(1, min(self._most, count) // 2), True
        say(
            self._teacher.stage,
            f"{count:,} requests are too many at once ({words}); sends {self._most:,}, one file "
            "after another",
        )
