"""Retries of a question: how often, after how long, and that the wait is told."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_result,
    stop_after_delay,
    wait_random_exponential,
)

from littlegiants.heartbeat import duration
from pipelines.chat_api.rate_limit import LONG_S
from pipelines.openai_client.replies import Fault, FaultKind, Reply
from pipelines.step_progress import say

LONGEST_WAIT_S = 60.0
BACK_OFF = wait_random_exponential(max=LONGEST_WAIT_S)
BUSY_BACK_OFF = wait_random_exponential(max=10.0)
"""An endpoint that is busy is asked by few at once (the pace), and may have room any moment."""
Outcome = Reply | Fault


class Retries:
    """Sends a request until there is a reply, or a fault after which trying on is no use."""

    def __init__(self, failure_count: int, deadline_s: float, name: str) -> None:
        self._failure_count, self._deadline_s, self._name = failure_count, deadline_s, name
        self._said_at = 0.0

    async def __call__(self, send: Callable[..., Awaitable[Outcome]], *what: Any) -> Outcome:
        """The last outcome of `send(*what)`."""
        began = time.monotonic()
        first = await send(*what)
        if not is_passing(first):
            return first  # nearly all: the machinery below costs more than it is sent for
        return await self._again(_after(first, send), *what, since=began)

    async def _again(
        self, send: Callable[..., Awaitable[Outcome]], *what: Any, since: float
    ) -> Outcome:
        retrying = AsyncRetrying(
            retry=retry_if_result(is_passing),
            wait=wait,
            stop=Tries(self._failure_count, self._deadline_s - (time.monotonic() - since)),
            before_sleep=self._say,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        outcome: Outcome = await retrying(send, *what)
        return outcome

    def _say(self, state: RetryCallState) -> None:
        """One line for many questions that wait at once."""
        fault = state.outcome.result() if state.outcome else None
        pause, now = state.next_action.sleep if state.next_action else 0.0, time.monotonic()
        if pause >= LONG_S and now - self._said_at >= LONG_S:
            self._said_at = now
            say(self._name, f"asks again in {duration(pause)}: {getattr(fault, 'message', '')}")


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


def _after(
    first: Outcome, send: Callable[..., Awaitable[Outcome]]
) -> Callable[..., Awaitable[Outcome]]:
    """`send` whose first outcome is there already."""
    there = [first]

    async def sent(*what: Any) -> Outcome:
        return there.pop() if there else await send(*what)

    return sent


def is_passing(outcome: Outcome) -> bool:
    """Whether asking again may help."""
    return isinstance(outcome, Fault) and outcome.is_passing


def wait(state: RetryCallState) -> float:
    """Seconds to the next try; what the endpoint asks for is waited for by the pace, for all."""
    fault = state.outcome.result() if state.outcome else None
    if isinstance(fault, Fault) and fault.retry_after_s:
        return 0.0
    is_busy = isinstance(fault, Fault) and fault.kind is FaultKind.BUSY
    return BUSY_BACK_OFF(state) if is_busy else BACK_OFF(state)
