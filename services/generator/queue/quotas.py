"""Quotas of callers: items under way, and items in a minute."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from littlegiants.errors import BadInput
from services.generator.queue.admission import Overloaded
from services.generator.security.tokens import CALLER

RETRY_S = 1.0
"""After which items under way may have ended."""


@dataclass(slots=True)
class CallItems:
    """What a call under way has taken."""

    item_count: int = 0


@dataclass(slots=True)
class CallerBucket:
    """What a caller has under way, and how many items it may ask for at `counted_at`."""

    in_flight: int
    left: float
    counted_at: float


CALL_ITEMS: ContextVar[CallItems | None] = ContextVar("call", default=None)


class Quotas:
    """Counts the items of each caller; a limit of 0 is none."""

    def __init__(
        self,
        *,
        max_in_flight: int,
        items_per_minute: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_in_flight = max_in_flight
        self._per_minute = items_per_minute
        self._clock = clock
        self._buckets: dict[str, CallerBucket] = {}

    @asynccontextmanager
    async def counted(self, method: str, context: object) -> AsyncIterator[None]:
        """A call: what is taken within is under way until its end, whatever that is."""
        with self.call():
            yield

    @contextmanager
    def call(self) -> Iterator[None]:
        """As `counted`."""
        call, caller = CallItems(), CALLER.get()
        CALL_ITEMS.set(call)
        try:
            yield
        finally:
            if call.item_count:
                self._buckets[caller].in_flight -= call.item_count

    def take(self, item_count: int) -> None:
        """Count the items of the present call.

        Raises Overloaded when they must wait, BadInput when they could never be taken.
        """
        call, caller = CALL_ITEMS.get(), CALLER.get()
        if call is None or not caller:
            return
        bucket = self._bucket_of(caller)
        self._check_in_flight(caller, bucket, item_count)
        self._check_rate(caller, bucket, item_count)
        bucket.in_flight += item_count
        bucket.left -= item_count
        call.item_count += item_count

    def _bucket_of(self, caller: str) -> CallerBucket:
        now = self._clock()
        bucket = self._buckets.setdefault(caller, CallerBucket(0, self._per_minute, now))
        refilled = bucket.left + (now - bucket.counted_at) * self._per_minute / 60
        bucket.left, bucket.counted_at = min(refilled, self._per_minute), now
        return bucket

    def _check_in_flight(self, caller: str, bucket: CallerBucket, item_count: int) -> None:
        limit = self._max_in_flight
        if not limit or bucket.in_flight + item_count <= limit:
            return
        if item_count > limit:
            raise _too_large(item_count, f"{caller} may have {limit} under way")
        raise Overloaded(
            f"{caller} has {bucket.in_flight} items under way and may have {limit}",
            retry_after_s=RETRY_S,
        )

    def _check_rate(self, caller: str, bucket: CallerBucket, item_count: int) -> None:
        limit = self._per_minute
        if not limit or bucket.left >= item_count:
            return
        if item_count > limit:
            raise _too_large(item_count, f"{caller} may ask for {limit} in a minute")
        raise Overloaded(
            f"{caller} asked for {limit} items a minute, which is all it may",
            retry_after_s=(item_count - bucket.left) * 60 / limit,
        )


def _too_large(item_count: int, limit: str) -> BadInput:
    return BadInput(f"items: are {item_count} in one call, {limit}; send fewer in a call")
