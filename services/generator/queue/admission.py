"""Admission of calls: a server that is full says so at once, and says when to come again."""

from littlegiants.errors import Unavailable
from services.generator.queue.slots import Slots

SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
WEIGHT = 0.1
"""Of the newest completion in the running mean of their durations."""


class Overloaded(Unavailable):
    """Too much is asked at the moment; `retry_after_s` says when it may be less."""

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(f"{message}; retry in {retry_after_s:.1f} s")
        self.retry_after_s = retry_after_s


class Admission:
    """Refuses calls while too many completions wait for a slot."""

    def __init__(self, slots: Slots, *, max_waiting: int) -> None:
        self._slots = slots
        self._max_waiting = max_waiting
        self._mean_s = 1.0

    def admit(self) -> None:
        """Raise Overloaded when no more calls are taken at the moment."""
        waiting = self._slots.waiting_count
        if waiting >= self._max_waiting:
            raise Overloaded(
                f"{waiting} completions wait for a slot", retry_after_s=self._wait_s(waiting)
            )

    def note(self, seconds: float) -> None:
        """Learn how long a completion took."""
        self._mean_s += WEIGHT * (seconds - self._mean_s)

    def _wait_s(self, waiting: int) -> float:
        expected = self._mean_s * waiting / self._slots.slot_count
        return min(max(expected, SHORTEST_WAIT_S), LONGEST_WAIT_S)
