"""A circuit breaker: an endpoint that has failed too often for too long is not asked any more."""

import time
from collections import Counter, deque

from pipelines.openai_client.replies import Fault, FaultKind, Reply

WINDOW = 50
LEAST = 10


class Breaker:
    """Opens, for good, when at least `share` of the last requests failed during `span_s` seconds.

    Being told to wait (429) is no failure: the pace sees to it, and a deadline bounds it.
    """

    def __init__(self, share: float, span_s: float) -> None:
        self.reason = ""
        self._share, self._span_s = share, span_s
        self._last: deque[Fault | None] = deque(maxlen=WINDOW)
        self._since: float | None = None

    def note(self, outcome: Reply | Fault) -> None:
        """Count what came of a request."""
        fault = outcome if isinstance(outcome, Fault) and outcome.is_passing else None
        if fault and fault.kind is FaultKind.BUSY:
            return
        self._last.append(fault)
        faults = [each for each in self._last if each]
        if len(self._last) < LEAST or len(faults) < self._share * len(self._last):
            self._since = None
            return
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if now - self._since >= self._span_s and not self.reason:
            self.reason = self._told(faults)

    def forgive(self) -> None:
        """Forget what came before: the endpoint answers, the questions were at fault."""
        self._last.clear()
        self._since, self.reason = None, ""

    @property
    def has_only_failures(self) -> bool:
        """Whether none of the last requests was answered."""
        return bool(self._last) and all(self._last)

    def _told(self, faults: list[Fault]) -> str:
        kinds = Counter(fault.message for fault in faults).most_common(3)
        told = ", ".join(f"{count} times {message}" for message, count in kinds)
        return (
            f"{len(faults)} of the last {len(self._last)} requests failed, and it has been so for "
            f"{self._span_s:.0f} s: {told}"
        )
