"""The teacher: any OpenAI-compatible endpoint, asked for JSON, within a budget."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from littlegiants.errors import BadInput, Unavailable
from pipelines.budget.budget import Budget
from pipelines.budget.usage import Usage, usage_of
from pipelines.chat_api.circuit_breaker import Breaker
from pipelines.chat_api.dialect import Dialect, too_large
from pipelines.chat_api.first_answer import FirstAnswer
from pipelines.chat_api.kept_dialect import KeptDialect
from pipelines.chat_api.learnt_dialect import Learnt, Sent, Tried
from pipelines.chat_api.presence import Presence
from pipelines.chat_api.questions import Answer, Question
from pipelines.chat_api.rate_limit import Pace
from pipelines.chat_api.request import likely_tokens, limit_of, request_of
from pipelines.chat_api.retries import Retries
from pipelines.chat_api.thinking_room import may_grow, room_of
from pipelines.chat_api.token_bounds import TokenBounds
from pipelines.openai_client.address import shown
from pipelines.openai_client.replies import Fault, FaultKind, Reply
from pipelines.recipe.prices import Price
from pipelines.recipe.teacher_section import TeacherSection

if TYPE_CHECKING:
    from pipelines.openai_client.client import TeacherClient
Exchange = Callable[[Question, Tried], Awaitable[Sent]]


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
        first = Dialect(settings.structured, (), room_of(settings)).without(*settings.leave_out)
        more: Any = {"longest": settings.max_tokens, "may_grow": may_grow(settings)}
        self.learnt = Learnt(stage, first, kept, **more)
        is_there = self.learnt.is_answered
        self._first = FirstAnswer(lambda: self.learnt.is_on_trial, is_there=is_there)
        self.bounds = TokenBounds(settings.max_tokens)
        name, longest_s = stage or "teacher", settings.deadline_s
        limits: Any = {"rpm": settings.rpm, "tpm": settings.tpm}
        self._pace = Pace(settings.concurrency, **limits, longest_s=longest_s, name=name)
        self._retries = Retries(settings.retries, longest_s, name)
        self._breaker = Breaker(settings.failing_share, settings.failing_s)
        self.presence = Presence(self._put)

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
        outcome = await self._retries(self._first, self._send, question, tried, self._sent)
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
            room = self.learnt.dialect.thinking_tokens if field == "max_tokens" else 0
            also = f" or thinking_tokens ({room:,} at present)" if room else ""
            raise BadInput(f"teacher.{field}{also}: lower it; the endpoint says: {fault.message}")
        if fault.is_passing and not await self.presence.is_there(began):
            raise Unavailable(f"teacher: {fault.message}; start the same command again later")

    async def _put(self, question: Question) -> Reply | Fault:
        """Ask it to see whether the endpoint is there."""
        outcome = await self._send(question, Tried(self.learnt.dialect), self._exchanged)
        if isinstance(outcome, Reply):
            self._breaker.forgive()
        return outcome

    async def _send(self, question: Question, tried: Tried, once: Exchange) -> Reply | Fault:
        """Send it once, or again: in a narrower dialect, which the endpoint does not charge for, or
        with more room where thinking took it all.
        """
        while True:
            sent = await once(question, tried)
            reply = sent.outcome
            if isinstance(reply, Reply):
                self.learnt.learn(tried)
                self.learnt.check_length(sent.request, reply)
                self.learnt.check_form(question.schema, sent.dialect.form, reply)
                if not self.learnt.makes_room(limit_of(sent.request, 0), reply):
                    return reply
            elif not tried.narrow(sent, reply):
                return reply

    async def _sent(self, question: Question, tried: Tried) -> Sent:
        async with self._pace.turn(self._likely(question)) as sent_at:
            if reason := self._breaker.reason:
                only_failures = self._breaker.has_only_failures
                if not (only_failures and await self.presence.is_there(time.monotonic())):
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
            self.presence.note_reply(question)
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
