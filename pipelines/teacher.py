"""The teacher: any OpenAI-compatible endpoint, asked for JSON, within a budget."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_result,
    stop_after_delay,
    wait_random_exponential,
)

from littlegiants.errors import BadInput, Unavailable
from pipelines.breaker import Breaker
from pipelines.budget import Budget, Usage
from pipelines.chat import Dialect, likely_tokens, most_tokens, request_of
from pipelines.pace import Pace
from pipelines.prices import Price, usage_of
from pipelines.progress import say
from pipelines.questions import Answer, Question
from pipelines.replies import Fault, FaultKind, Reply
from pipelines.teacher_section import Teacher as TeacherSettings

if TYPE_CHECKING:
    from pipelines.teacher_client import TeacherClient

LONGEST_WAIT_S = 60.0
BACK_OFF = wait_random_exponential(max=LONGEST_WAIT_S)


class Teacher:
    """Asks one question at a time; safe to use from many tasks of one event loop."""

    def __init__(
        self,
        client: "TeacherClient",
        model: str,
        *,
        settings: TeacherSettings,
        budget: Budget,
        stage: str = "",
        price: Price | None = None,
    ) -> None:
        self.client, self.model, self.settings, self.budget = client, model, settings, budget
        self.stage, self.price = stage, price
        self.dialect = Dialect(settings.structured)
        self._pace = Pace(settings.concurrency, rpm=settings.rpm, tpm=settings.tpm)
        self._breaker = Breaker(settings.failing_share, settings.failing_s)
        self._replied_at = 0.0

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
        began, tries = time.monotonic(), Tries(self.settings.retries, self.settings.deadline_s)
        retrying = AsyncRetrying(
            retry=retry_if_result(
                lambda outcome: isinstance(outcome, Fault) and outcome.is_passing
            ),
            wait=wait,
            stop=tries,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        outcome: Reply | Fault = await retrying(self._send, question)
        if isinstance(outcome, Fault):
            self._check(outcome, began)
        return outcome

    def _check(self, fault: Fault, began: float) -> None:
        if fault.kind is FaultKind.DENIED:
            raise BadInput(
                f"teacher: refused with {fault.message}; mend the recipe's teacher section or "
                f"the key in {self.settings.key_variable}"
            )
        if fault.is_passing and self._replied_at < began:
            raise Unavailable(f"teacher: {fault.message}; start the same command again later")

    async def _send(self, question: Question) -> Reply | Fault:
        """Send it once, or again in a narrower dialect, which the endpoint does not charge for."""
        while True:
            dialect, outcome = await self._sent(question)
            if isinstance(outcome, Reply) or dialect.narrowed(outcome) == dialect:
                return outcome
            self._narrow(dialect, outcome)

    async def _sent(self, question: Question) -> tuple[Dialect, Reply | Fault]:
        async with self._pace.turn(likely_tokens(self.request(question))) as sent_at:
            if self._breaker.reason:
                reason = self._breaker.reason
                raise Unavailable(f"teacher: {reason}; start the same command again later")
            await self.budget.room(self.most(self.request(question)), self.stage)
            dialect, request = self.dialect, self.request(question)  # what was learnt meanwhile
            most = self.most(request)
            reservation = self.budget.reserve(most, self.stage)
            outcome = await self.client.complete(request)
            self.budget.settle(reservation, self.cost(outcome, most))
        self._pace.note(outcome, sent_at)
        self._breaker.note(outcome)
        if isinstance(outcome, Reply):
            self._replied_at = time.monotonic()
        return dialect, outcome

    def _narrow(self, used: Dialect, fault: Fault) -> None:
        if self.dialect == used:
            self.dialect = used.narrowed(fault)
            say(self.stage or "teacher", f"the endpoint refuses a parameter ({fault.message})")

    def request(self, question: Question) -> dict[str, Any]:
        """The request as it is sent now."""
        return request_of(question, self.model, self.settings, self.dialect)

    def most(self, request: dict[str, Any], *, batch: bool = False) -> Usage:
        """The most that a request can cost."""
        return usage_of(self.price, *most_tokens(request), batch=batch)

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
        return self.cost(reply, self.most(self.request(question), batch=batch), batch=batch)


def is_passing(outcome: Reply | Fault) -> bool:
    """Whether asking again may help."""
    return isinstance(outcome, Fault) and outcome.is_passing


class Tries:
    """When to stop asking one question: after too many failures (busy is none), or too late."""

    def __init__(self, failure_count: int, deadline_s: float) -> None:
        self._left, self._late = failure_count, stop_after_delay(deadline_s)

    def __call__(self, state: RetryCallState) -> bool:
        """Whether this outcome was the last."""
        fault = state.outcome.result() if state.outcome else None
        if isinstance(fault, Fault) and fault.kind is not FaultKind.BUSY:
            self._left -= 1
        return self._left <= 0 or self._late(state)


def wait(state: RetryCallState) -> float:
    """Seconds to the next try; what the endpoint asks for is waited for by the pace, for all."""
    fault = state.outcome.result() if state.outcome else None
    return 0.0 if isinstance(fault, Fault) and fault.retry_after_s else BACK_OFF(state)
