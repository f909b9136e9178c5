"""The teacher: any OpenAI-compatible endpoint, asked for JSON, within a budget."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from littlegiants.errors import BadInput, Unavailable
from pipelines.budget.budget import Budget
from pipelines.budget.usage import Usage, usage_of
from pipelines.chat_api.circuit_breaker import Breaker
from pipelines.chat_api.dialect import Dialect, too_large
from pipelines.chat_api.kept_dialect import KeptDialect
from pipelines.chat_api.learnt_dialect import Learnt, Sent, Tried
from pipelines.chat_api.questions import Answer, Question
from pipelines.chat_api.rate_limit import Pace
from pipelines.chat_api.request import likely_tokens, request_of
from pipelines.chat_api.retries import Retries
from pipelines.chat_api.token_bounds import TokenBounds
from pipelines.openai_client.address import shown
from pipelines.openai_client.replies import Fault, FaultKind, Reply
from pipelines.recipe.prices import Price
from pipelines.recipe.teacher_section import TeacherSection

if TYPE_CHECKING:
    from pipelines.openai_client.client import TeacherClient
PROOF_S = 10.0
"""So long an endpoint that was looked at counts as there."""
Exchange = Callable[[Question, Tried], Awaitable[Sent]]
Others = Callable[[], Sequence[Question]]


class Teacher:
    """Asks one question at a time; safe to use from many tasks of one event loop."""

    def __init__(
        self,
        client: "TeacherClient",
        model: str,
        *,
        settings: TeacherSection,
        budget: Budget,
        stage: str = "",
        price: Price | None = None,
        kept: KeptDialect | None = None,
    ) -> None:
        self.client, self.model, self.settings, self.budget = client, model, settings, budget
        self.stage, self.price = stage, price
        self.learnt = Learnt(stage, Dialect(settings.structured).without(*settings.leave_out), kept)
        self.bounds = TokenBounds(settings.max_tokens)
        name, longest_s = stage or "teacher", settings.deadline_s
        limits: Any = {"rpm": settings.rpm, "tpm": settings.tpm}
        self._pace = Pace(settings.concurrency, **limits, longest_s=longest_s, name=name)
        self._retries = Retries(settings.retries, longest_s, name)
        self._breaker = Breaker(settings.failing_share, settings.failing_s)
        self._replied_at = self._looked_at = self._proved_at = 0.0
        self._known: Question | None = None
        self._looking = asyncio.Lock()
        self.others: Others = list
        """Questions to tell an endpoint that is away from one that a question is too much for."""

    async def ask(self, question: Question) -> Answer:
        """The answer to `question`.

        Raises OverBudget before a cap is passed, Unavailable when the endpoint stays away,
        BadInput when it refuses us (key, model); a question that it refuses is an answer.
        """
        spent, reply = Usage(), Reply("", "empty")
        for attempt in range(self.settings.attempts):
            outcome = await self._outcome(replace(question, seed=question.seed + attempt))
            if isinstance(outcome, Fault):
                return Answer("", spent, outcome.reason, outcome.message)
            reply, spent = outcome, spent + self.paid(question, outcome)
            if not reply.fault:
                break
        return Answer(reply.text, spent, reply.fault)

    async def _outcome(self, question: Question) -> Reply | Fault:
        """A reply, or the fault after which asking on is no use for this question."""
        began = time.monotonic()
        tried = Tried(self.learnt.dialect)
        outcome = await self._retries(self._send, question, tried, self._sent)
        if isinstance(outcome, Fault):
            await self._check(outcome, began)
        return outcome

    async def _check(self, fault: Fault, began: float) -> None:
        if fault.kind is FaultKind.DENIED:
            raise BadInput(
                f"teacher: {fault.message} (asked at {shown(self.client.url)}); "
                f"{fault.remedy(self.settings.key_variable)}"
            )
        if field := too_large(fault):
            raise BadInput(f"teacher.{field}: lower it; the endpoint says: {fault.message}")
        if fault.is_passing and self._replied_at < began and not await self._is_there(began):
            raise Unavailable(f"teacher: {fault.message}; start the same command again later")

    async def _is_there(self, since: float) -> bool:
        """Whether it answers another question now; then those that fail are at fault, not it."""
        async with self._looking:
            is_new = max(self._replied_at, self._looked_at) < since
            if is_new and time.monotonic() - self._proved_at > PROOF_S:
                self._looked_at = time.monotonic()
                await self._look()
            return self._replied_at >= since or self._proved_at > self._looked_at

    async def _look(self) -> None:
        for other in [self._known] if self._known else await asyncio.to_thread(self.others):
            outcome = await self._send(other, Tried(self.learnt.dialect), self._exchanged)
            if isinstance(outcome, Reply):
                self._breaker.forgive()
                self._proved_at = time.monotonic()
            if isinstance(outcome, Reply) or outcome.kind is FaultKind.TIMED_OUT:
                return

    async def _send(self, question: Question, tried: Tried, once: Exchange) -> Reply | Fault:
        """Send it once, or again in a narrower dialect, which the endpoint does not charge for."""
        while True:
            sent = await once(question, tried)
            if isinstance(sent.outcome, Reply):
                self.learnt.learn(tried)
                self.learnt.check_length(sent.request, sent.outcome, self.settings.max_tokens)
            if isinstance(sent.outcome, Reply) or not tried.narrow(sent, sent.outcome):
                return sent.outcome

    async def _sent(self, question: Question, tried: Tried) -> Sent:
        async with self._pace.turn(self._likely(question)) as sent_at:
            if reason := self._breaker.reason:
                only_failures = self._breaker.has_only_failures
                if not (only_failures and await self._is_there(time.monotonic())):
                    raise Unavailable(f"teacher: {reason}; start the same command again later")
            sent = await self._exchanged(question, tried)
        self._pace.note(sent.outcome, sent_at)
        return sent

    def _likely(self, question: Question) -> int:
        if not self.settings.tpm:
            return 0
        return likely_tokens(self.request(question), self.settings.max_tokens)

    async def _exchanged(self, question: Question, tried: Tried) -> Sent:
        """What came of a request, and the dialect that it was sent in."""
        dialect = self.learnt.dialect.joined(tried.dialect)
        request = self.request(question, dialect)
        await self.budget.room(self.most(request), self.stage)
        learnt = self.learnt.dialect.joined(tried.dialect)  # meanwhile
        if learnt != dialect:
            dialect, request = learnt, self.request(question, learnt)
        most = self.most(request)
        reservation = self.budget.reserve(most, self.stage)
        outcome = await self.client.complete(request)
        self.budget.settle(reservation, self.cost(outcome, most))
        self._breaker.note(outcome)
        if isinstance(outcome, Reply):
            self.bounds.learn(request, outcome)
            self._replied_at, self._known = time.monotonic(), question
        return Sent(dialect, request, outcome)

    def way_around(self, question: Question, outcome: Reply | Fault) -> Dialect | None:
        """How a question has to be put that was refused for how it was; None where it was not."""
        first = self.learnt.first
        if isinstance(outcome, Reply) or outcome.is_passing:
            return None
        narrower = first.narrowed(outcome, self.request(question, first))
        return None if narrower == first else narrower

    def request(self, question: Question, dialect: Dialect | None = None) -> dict[str, Any]:
        """The request as it is sent now."""
        return request_of(question, self.model, self.settings, dialect or self.learnt.dialect)

    def most(self, request: dict[str, Any], *, batch: bool = False) -> Usage:
        """The most that a request can cost."""
        return usage_of(self.price, *self.bounds.most(request), batch=batch)

    def cost(self, outcome: Reply | Fault, most: Usage, *, batch: bool = False) -> Usage:
        """What a request did cost; the most where it may be charged and is not told."""
        if isinstance(outcome, Fault):
            return most if outcome.is_paid else Usage()
        if outcome.prompt_tokens is None or outcome.completion_tokens is None:
            return most
        tokens = (outcome.prompt_tokens, outcome.completion_tokens)
        return usage_of(self.price, *tokens, batch=batch)

    def paid(self, question: Question, reply: Reply, *, batch: bool = False) -> Usage:
        """The cost of a reply to `question`."""
        is_told = None not in (reply.prompt_tokens, reply.completion_tokens)
        most = Usage() if is_told else self.most(self.request(question), batch=batch)
        return self.cost(reply, most, batch=batch)
