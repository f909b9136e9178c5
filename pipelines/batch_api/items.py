"""The items of batches: what became of each question so far, and how it is asked in the next."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from littlegiants.errors import BadInput
from pipelines.batch_api.parts import Part
from pipelines.budget.usage import Usage
from pipelines.chat_api.questions import Answer, Question
from pipelines.chat_api.teacher import Teacher
from pipelines.openai_client.batch_results import Outcome
from pipelines.openai_client.replies import Fault, Reply

NONE: tuple[Reply, dict[str, Any]] = (Reply("", "empty"), {})
"""No answer, to no request."""
Keep = Callable[[str, Answer], Awaitable[None]]


class BatchItems:
    """Questions by key; each answer is settled, then given to `keep`."""

    def __init__(self, teacher: Teacher, questions: Mapping[str, Question], keep: Keep) -> None:
        self._teacher, self._questions, self._keep = teacher, questions, keep
        self._broken: dict[str, list[Usage]] = defaultdict(list)
        self._tries, self._noted = Counter[str](), set[str]()
        self._learning = asyncio.Lock()
        self._longest = NONE

    def wants(self, part: Part) -> bool:
        """Whether some of the questions are in a part."""
        return not self._questions.keys().isdisjoint(part.keys)

    def learn(self, part: Part) -> None:
        """What a part that is done tells of the next ones."""
        for key, paid in part.broken.items():
            self._broken[key].append(paid)
        if not part.was_too_large:
            self._tries.update(part.keys)

    def left(self, parts: Iterable[Part]) -> list[str]:
        """The questions that are to be put into another batch."""
        asked, most = self._noted.union(*(part.keys for part in parts)), self._teacher.settings
        return [
            key for key in self._questions if key not in asked and self._tries[key] < most.retries
        ]

    def lines(self, keys: Iterable[str], path: str) -> Iterator[tuple[str, bytes]]:
        """Each question as a line of a file."""
        for key in keys:
            named = {"custom_id": key, "method": "POST", "url": path}
            line = {**named, "body": self._request(key)}
            yield key, json.dumps(line).encode() + b"\n"

    def _request(self, key: str) -> dict[str, Any]:
        question = self._questions[key]
        again = replace(question, seed=question.seed + len(self._broken[key]))
        return self._teacher.request(again)

    async def take(self, part: Part, outcomes: Iterable[tuple[str, Outcome]]) -> Part:
        """Settle and keep what came of a part's requests; of one that nobody waits for, all."""
        broken, is_foreign = dict[str, Usage](), not self.wants(part)
        for key, outcome in outcomes:
            paid = self._settled(part, key, outcome)
            await self._teacher.budget.store_when_due()
            if isinstance(outcome, Fault):
                await self._refused(key, outcome)
            elif self._is_for_another(part, key, outcome):
                broken[key] = paid
            elif key in self._questions or is_foreign:
                self._noted.add(key)
                total = sum(self._broken[key], paid)
                await self._keep(key, Answer(outcome.text, total, outcome.fault))
        return replace(part, broken=broken)

    def _is_for_another(self, part: Part, key: str, reply: Reply) -> bool:
        """Whether it is worth another batch: there are attempts left, or thinking took its room."""
        if not reply.fault:
            return False
        is_ours = key in self._questions
        makes_room = is_ours and self._teacher.learnt.makes_room(part.longest, reply)
        return makes_room or len(self._broken[key]) + 1 < self._teacher.settings.attempts

    def _settled(self, part: Part, key: str, outcome: Outcome) -> Usage:
        """Before the answer is kept: a restart then finds both, or asks for neither."""
        request = self._request(key) if key in self._questions else None
        most = self._teacher.most(request, batch=True) if request else Usage()
        paid = self._teacher.cost(outcome, most, batch=True)
        self._teacher.budget.settle_item(part.reservation, key, most=most, actual=paid)
        if request and isinstance(outcome, Reply):
            self._teacher.bounds.learn(request, outcome)
            self._longest = max(self._longest, (outcome, request), key=written)
        return paid

    def check_length(self) -> None:
        """Ask for the limit in another word where an answer was longer.

        Raises BadInput where there is no other; then all answers so far are kept.
        """
        (reply, request), self._longest = self._longest, NONE
        self._teacher.learnt.check_length(request, reply)

    async def _refused(self, key: str, fault: Fault) -> None:
        """What is refused for how it was put goes into another batch; for what it is, into none."""
        if key in self._questions and not fault.is_passing and not await self._learns(key, fault):
            self._noted.add(key)

    async def _learns(self, key: str, fault: Fault) -> bool:
        """Whether it is known how to put a question; the first is asked directly, which tells."""
        teacher, question = self._teacher, self._questions[key]
        if (way := teacher.way_around(question, fault)) is None:
            return False
        async with self._learning:
            if not teacher.learnt.knows(way):
                try:
                    answer = await teacher.ask(question)
                except BadInput:  # it denies us more than this question, or just this one
                    return False
                if not answer.why:
                    self._noted.add(key)
                    await self._keep(key, answer)
        return teacher.learnt.knows(way)


def written(answered: tuple[Reply, dict[str, Any]]) -> int:
    """Tokens of an answer."""
    return answered[0].completion_tokens or 0
