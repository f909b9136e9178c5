"""Questions through the provider's batch API: submitted once, followed over restarts."""

import asyncio
import json
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from upath import UPath

from littlegiants.errors import Unavailable
from littlegiants.heartbeat import doing, duration
from pipelines.budget.usage import Usage
from pipelines.chat_api.questions import Answer, Question
from pipelines.chat_api.teacher import Teacher
from pipelines.openai_client.batch_results import Outcome, outcomes_of
from pipelines.openai_client.replies import Fault, Reply
from pipelines.progress import say
from pipelines.teacher.batch_parts import Part, parts_in, stored

if TYPE_CHECKING:
    from pipelines.openai_client.client import Batch

MOST_REQUESTS = 50_000
MOST_BYTES = 200_000_000
"""OpenAI's limits of a batch's input file."""

Keep = Callable[[str, Answer], Awaitable[None]]
Note = Callable[[str, Answer | None], Awaitable[None]]


class Batches:
    """A stage's batches; their state lies in `folder`."""

    def __init__(self, teacher: Teacher, folder: UPath, most: int = MOST_REQUESTS) -> None:
        self._teacher, self._folder, self._most = teacher, folder, most
        self._broken: dict[str, list[Usage]] = defaultdict(list)
        self._learning = asyncio.Lock()

    async def ask(self, questions: Mapping[str, Question], keep: Keep) -> None:
        """Give each answer to `keep`; those that `retries` batches did not answer are left out.

        Raises OverBudget before a file is sent that may cost more than is left, Unavailable when
        a batch fails as a whole.
        """
        answered: set[str] = set()

        async def note(key: str, answer: Answer | None) -> None:
            answered.add(key)
            if answer and key in questions:
                await keep(key, answer)

        parts = parts_in(self._folder)
        for part in parts:
            self._remember(part)
        for _ in range(self._teacher.settings.retries):
            parts = [part for part in parts_in(self._folder) if not part.is_done]
            asked = {key for part in parts for key in part.keys} | answered
            left = {key: each for key, each in questions.items() if key not in asked}
            for file in cut(self._lines(left), self._most):
                parts.append(await self._submitted(await self._stored(file), file))
            if not parts:
                return
            running = [self._finished(part, questions, note) for part in parts]
            for outcome in await asyncio.gather(*running, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome

    def _lines(self, questions: Mapping[str, Question]) -> Iterator[tuple[str, bytes]]:
        for key, question in questions.items():
            again = replace(question, seed=question.seed + len(self._broken[key]))
            body = self._teacher.request(again)
            line = {
                "custom_id": key,
                "method": "POST",
                "url": "/v1/chat/completions",
                "body": body,
            }
            yield key, json.dumps(line).encode() + b"\n"

    def _most_of(self, question: Question) -> Usage:
        return self._teacher.most(self._teacher.request(question), batch=True)

    def _remember(self, part: Part) -> None:
        for key, paid in part.broken.items():
            self._broken[key].append(paid)

    async def _stored(self, file: Mapping[str, bytes]) -> Part:
        teacher, most = self._teacher, Usage()
        for line in file.values():
            most += teacher.most(json.loads(line)["body"], batch=True)
        reservation = await teacher.budget.reserve_file(most, teacher.stage)
        return stored(self._folder, Part(uuid.uuid4().hex, tuple(file), reservation))

    async def _submitted(self, part: Part, file: Mapping[str, bytes]) -> Part:
        batch_id = await self._teacher.client.submit(b"".join(file.values()), part.tag)
        say(self._teacher.stage, f"batch {batch_id}: {len(file)} requests submitted")
        return stored(self._folder, replace(part, batch_id=batch_id))

    async def _finished(self, part: Part, questions: Mapping[str, Question], note: Note) -> None:
        client, budget = self._teacher.client, self._teacher.budget
        batch_id = part.batch_id or await client.find(part.tag)
        broken: dict[str, Usage] = {}
        if batch_id:
            batch = await self._ended(batch_id)
            for key, outcome in await self._results(batch, part):
                self._settle(part, key, questions.get(key), outcome)
                await budget.store_when_due()
                if isinstance(outcome, Reply) and self._may_ask_again(key, outcome):
                    broken[key] = self._paid(outcome)
                elif not await self._learns(key, questions.get(key), outcome, note):
                    await self._note(key, outcome, note)
        if budget.is_open(part.reservation):
            budget.settle(part.reservation, Usage())
        await budget.store()
        self._remember(stored(self._folder, replace(part, is_done=True, broken=broken)))
        if batch_id and batch.status == "failed":
            raise Unavailable(
                f"teacher: batch {batch_id} failed: {batch.message or 'no reason given'}; "
                "mend what it names and start the same command again"
            )

    async def _learns(self, key: str, asked: Question | None, outcome: Outcome, note: Note) -> bool:
        """Whether another batch takes a question that was refused for how it was put.

        The first of them is asked directly, which teaches how.
        """
        teacher = self._teacher
        if not asked or not (way := teacher.way_around(asked, outcome)):
            return False
        async with self._learning:
            if not teacher.learnt.knows(way):
                answer = await teacher.ask(asked)
                await note(key, None if answer.why else answer)
        return teacher.learnt.knows(way)

    async def _results(self, batch: "Batch", part: Part) -> list[tuple[str, Outcome]]:
        """What came of the part's requests, each once."""
        files = [await self._teacher.client.results(file) for file in batch.files]
        if damaged := sum(len(file.damaged) for file in files):
            say(
                self._teacher.stage,
                f"batch {batch.id}: {damaged} lines of its results are damaged; what they "
                "answered counts as paid and is asked again",
            )
        return outcomes_of(files, part.keys)

    async def _ended(self, batch_id: str) -> "Batch":
        status, began = "submitted", time.monotonic()
        with doing(lambda: f"batch {batch_id}: {status}, {duration(time.monotonic() - began)}"):
            while True:
                batch = await self._teacher.client.batch(batch_id)
                status = batch.status
                if batch.has_ended:
                    say(self._teacher.stage, f"batch {batch_id}: {status}")
                    return batch
                await asyncio.sleep(self._teacher.settings.batch_poll_s)

    def _settle(
        self, part: Part, key: str, question: Question | None, outcome: Reply | Fault
    ) -> None:
        """Before the answer is kept: a restart then finds both, or asks for neither."""
        most = self._most_of(question) if question else Usage()
        paid = self._teacher.cost(outcome, most, batch=True)
        self._teacher.budget.settle_item(part.reservation, key, most=most, actual=paid)

    def _paid(self, reply: Reply) -> Usage:
        return self._teacher.cost(reply, Usage(), batch=True)

    def _may_ask_again(self, key: str, reply: Reply) -> bool:
        """Whether a reply was cut, filtered or empty, and another batch may bring a whole one."""
        return bool(reply.fault) and len(self._broken[key]) + 1 < self._teacher.settings.attempts

    async def _note(self, key: str, outcome: Reply | Fault, note: Note) -> None:
        """An answer; or None for a question that is refused, which no other batch would help."""
        if isinstance(outcome, Reply):
            paid = sum(self._broken[key], self._paid(outcome))
            await note(key, Answer(outcome.text, paid, outcome.fault))
        elif not outcome.is_passing:
            await note(key, None)


def cut(
    lines: Iterator[tuple[str, bytes]], most: int = MOST_REQUESTS, most_bytes: int = MOST_BYTES
) -> Iterator[dict[str, bytes]]:
    """Files of lines within the provider's limits, in the order of `lines`."""
    file: dict[str, bytes] = {}
    size = 0
    for key, line in lines:
        if file and (len(file) == most or size + len(line) > most_bytes):
            yield file
            file, size = {}, 0
        file[key] = line
        size += len(line)
    if file:
        yield file
