"""Retries of an item: how often before it is given up, and when it is the service that failed."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from littlegiants.errors import BadInput, Unavailable
from littlegiants.failures import is_an_items, reason_of

Item = TypeVar("Item")
Value = dict[str, Any]
MOST = 8
LONGEST_WAIT_S = 30.0
MOST_REFUSED = 20
"""So many refusals and no answer: it is not the items."""
FINAL, LOST = "is_final", "is_lost"


class Attempts(Generic[Item]):
    """Asks again when there was no answer; an item that fails where others do not is lost.

    `failed` makes the value of such an item from the reason; it is not final, so that who asks may
    ask once more when there is less to do, and again in another start. Raises Unavailable when
    nothing else was answered meanwhile, BadInput when everything is refused.
    """

    def __init__(
        self,
        ask: Callable[[Any, Item], Awaitable[Value]],
        failed: Callable[[str], Value],
        *,
        most: int = MOST,
        longest_wait_s: float = LONGEST_WAIT_S,
    ) -> None:
        self._ask, self._failed = ask, failed
        self._most, self._longest_wait_s = most, longest_wait_s
        self._answered, self._refused = 0, 0

    async def __call__(self, client: Any, item: Item) -> Value:
        """The answer, or the value of an item that is lost or refused."""
        before = self._answered
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Unavailable),
            wait=wait_random_exponential(multiplier=0.5, max=self._longest_wait_s),
            stop=stop_after_attempt(self._most),
            reraise=True,
        )
        try:
            value: Value = await retrying(self._ask, client, item)
        except Unavailable as error:
            if self._answered == before:
                raise
            return {**self._failed(reason_of(error)), FINAL: False, LOST: True}
        except BadInput as error:
            self._refused += 1
            if not is_an_items(error) or (not self._answered and self._refused >= MOST_REFUSED):
                raise
            return {**self._failed(reason_of(error)), FINAL: False}
        self._answered += 1
        return value


def is_final(value: Value) -> bool:
    """Whether an answer need not be asked for again: a refusal may be mended by new settings."""
    return bool(value.get(FINAL, True))


def is_lost(value: Value) -> bool:
    """Whether there is no answer because the service had too much to do, or was away."""
    return bool(value.get(LOST, False))
