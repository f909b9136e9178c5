"""How far a long call has come: what its progress hook is given."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from littlegiants.answers import Generated, Revised


@dataclass(frozen=True, slots=True)
class Progress:
    """Items that are done, what became of them, and the seconds since the start.

    An item is a prompt or a sample to revise; `valid` and `dropped` (by reason) count its results.
    """

    done: int = 0
    valid: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None
    """Items in all, where that is known."""
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.done / self.seconds if self.seconds else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Seconds that the rest takes at this rate; None where that is not known."""
        if self.total is None or not self.rate:
            return None
        return max(0, self.total - self.done) / self.rate


Hook = Callable[[Progress], None]
"""Called after each item; it should return soon."""


class ItemCounter:
    """Counts what becomes of items, and tells a hook."""

    def __init__(self, hook: Hook | None = None, total: int | None = None) -> None:
        self._hook, self._total = hook, total
        self._done = self._valid = 0
        self._dropped: Counter[str] = Counter()
        self._started = time.monotonic()

    def add(self, results: Iterable[Generated | Revised]) -> None:
        """One more item is done; `results` came of it."""
        self._done += 1
        for result in results:
            if result.sample is None:
                self._dropped[result.reason] += 1
            else:
                self._valid += 1
        if self._hook:
            self._hook(self.progress())

    def progress(self) -> Progress:
        """Where things stand now."""
        seconds = time.monotonic() - self._started
        return Progress(self._done, self._valid, dict(self._dropped), self._total, seconds)
