"""A progress bar on one line of a terminal: how far a command has come."""

import time
from typing import TextIO

from littlegiants.progress import Progress

WIDTH = 20
"""Characters of the bar."""
INTERVAL_S = 0.1


class Meter:
    """Redraws the line a few times a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn_at = float("-inf")
        self._latest: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        """Note where things stand, and draw it unless that was just done."""
        self._latest = progress
        if time.monotonic() - self._drawn_at >= INTERVAL_S:
            self._draw(progress)

    def end(self) -> None:
        """Draw the last state and leave the line."""
        if self._latest:
            self._draw(self._latest)
            self._stream.write("\n")
            self._stream.flush()

    def show(self, line: str) -> None:
        """Put `line` in place of what was drawn."""
        # to the start of the line, and clear what the last, longer text leaves
        self._stream.write(f"\r{line}\x1b[K")
        self._stream.flush()

    def _draw(self, progress: Progress) -> None:
        self._drawn_at = time.monotonic()
        self.show(meter_line(progress))


def meter_line(progress: Progress) -> str:
    """For example " 50% |##########          | 5/10  2.5/s  00:02 left  4 valid, 1 no_json"."""
    parts = [_bar(progress), f"{progress.rate:.1f}/s", _left(progress), outcome(progress)]
    return "  ".join(part for part in parts if part)


def outcome(progress: Progress) -> str:
    """How many results are valid, and how many were dropped for which reasons."""
    dropped = sorted(progress.dropped.items(), key=lambda item: -item[1])
    return ", ".join([f"{progress.valid} valid", *(f"{count} {name}" for name, count in dropped)])


def clock(seconds: float) -> str:
    """Seconds as minutes:seconds, or hours:minutes:seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def _bar(progress: Progress) -> str:
    if not progress.total:
        return f"{progress.done} done in {clock(progress.seconds)}"
    share = min(1.0, progress.done / progress.total)
    bar = ("#" * round(share * WIDTH)).ljust(WIDTH)
    return f"{int(share * 100):3}% |{bar}| {progress.done}/{progress.total}"


def _left(progress: Progress) -> str:
    left = progress.remaining_s
    return "" if left is None else f"{clock(left)} left"
