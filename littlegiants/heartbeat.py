"""A heartbeat: work that takes long says where it is, when nothing else was said for a while."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

SILENCE_S = 10.0
"""The longest that nothing is said; read when a heartbeat begins."""
SHOWN = 3
"""Of what is under way at once the latest so many are told."""

Told = str | Callable[[], str]
"""What is done, after which its seconds are told; or who tells all of it when asked."""


@dataclass(frozen=True, slots=True)
class _Activity:
    told: Told
    since: float = field(default_factory=time.monotonic)


class Heartbeat:
    """Speaks within the block when nobody does, whatever keeps the program's other threads.

    Of several, one in another, the innermost speaks.
    """

    def __init__(self, speak: Callable[[str], None], silence_s: float | None = None) -> None:
        self._speak = speak
        self._silence_s = SILENCE_S if silence_s is None else silence_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True, name="heartbeat")
        self._began = 0.0

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        heard()
        _beats.append(self)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Say no more; once is enough."""
        if self in _beats:
            _beats.remove(self)
        self._ended.set()
        self._thread.join()

    def line(self) -> str:
        """What is under way, the latest last."""
        now = time.monotonic()
        # a text that many tasks are at is told once, with the longest of them
        since: dict[Told, float] = {}
        for activity in list(_activities):
            if activity.since >= self._began:
                since.setdefault(activity.told, activity.since)
        told = [
            text() if callable(text) else f"{text}, {duration(now - began)}"
            for text, began in list(since.items())[-SHOWN:]
        ]
        return "; ".join(each for each in told if each) or f"at work, {duration(now - self._began)}"

    def _live(self) -> None:
        while not self._ended.wait(self._left_s()):
            if _beats[-1:] == [self] and self._left_s() <= 0:
                try:
                    self._speak(self.line())
                except (OSError, ValueError):  # nobody listens any more; the work ends by itself
                    return
                heard()

    def _left_s(self) -> float:
        left = _heard_at[0] + self._silence_s - time.monotonic()
        is_speaking = _beats[-1:] == [self]
        return max(0.0, left) if is_speaking else self._silence_s / 5


@contextmanager
def doing(told: Told) -> Iterator[None]:
    """What is done within the block, for a heartbeat to tell."""
    activity = _Activity(told)
    _activities.append(activity)
    try:
        yield
    finally:
        _activities.remove(activity)


def heard() -> None:
    """Something was said: silence begins now."""
    _heard_at[0] = time.monotonic()


def duration(seconds: float) -> str:
    """As "43 s", "12 min" or "3.5 h"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


_beats: list[Heartbeat] = []
_activities: list[_Activity] = []
_heard_at = [0.0]
