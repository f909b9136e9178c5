"""What a long step is doing: stage, items, rate, time left; a line now and then."""

import sys
import time
from collections import Counter
from collections.abc import Callable

from tqdm import tqdm

INTERVAL_S = 5.0


class Progress:
    """Counts items of one stage and says so every few seconds."""

    def __init__(
        self, stage: str, total: int, *, resumed: int = 0, started: float | None = None
    ) -> None:
        self.stage, self.total, self.count = stage, total, resumed
        self.notes: Counter[str] = Counter()
        self.aside: Callable[[int], str] = lambda left: ""
        self._started = time.monotonic() if started is None else started
        self._resumed, self._said = resumed, 0.0
        if resumed:
            say(stage, f"the first {resumed} of {total} were done before; going on")

    def add(self, note: str = "") -> None:
        """One more item; `note` is counted and shown (a drop's reason, say)."""
        self.count += 1
        if note:
            self.notes[note] += 1
        if time.monotonic() - self._said > INTERVAL_S or self.count == self.total:
            self.show()

    def catch_up(self, resumed: int) -> None:
        """So many items were done before in all; those found since the start count from now on."""
        self.count += resumed - self._resumed
        self._resumed = resumed

    def show(self, text: str = "") -> None:
        """Say where the stage stands now."""
        self._said = time.monotonic()
        meter = tqdm.format_meter(
            self.count, self.total, self._said - self._started, initial=self._resumed, ncols=60
        )
        notes = ", ".join(f"{note} {count}" for note, count in self.notes.most_common(4))
        parts = (meter.strip(), text, self.aside(self.total - self.count), notes)
        say(self.stage, "  ".join(part for part in parts if part))


def say(stage: str, text: str) -> None:
    """One line of a stage's log."""
    print(f"[{stage}] {text}", file=sys.stdout, flush=True)
