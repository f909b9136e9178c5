"""What a long step is doing: items, rate, time left; a line now and then, also in silence."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from tqdm import tqdm

from littlegiants.heartbeat import Heartbeat, doing, duration, heard

INTERVAL_S = 5.0
"""The least time between two lines on items that are done."""
RECENT_S = 5.0
Row = TypeVar("Row")
_open: "list[StepProgress]" = []


class StepProgress:
    """Counts items of one stage and says so every few seconds; in a `with`, in silence too.

    Items that are asked for count as in flight within `in_flight`.
    """

    def __init__(
        self,
        stage: str,
        total: int,
        *,
        unit: str = "answer",
        resumed: int = 0,
        started: float | None = None,
    ) -> None:
        self.stage, self.total, self.unit, self.count = stage, total, unit, resumed
        self.notes: Counter[str] = Counter()
        self.aside: Callable[[int], str] = lambda left: ""
        self._started = time.monotonic() if started is None else started
        self._resumed, self._said, self._latest = resumed, 0.0, self._started
        self._flying: dict[object, float] = {}
        self._told: AbstractContextManager[None] = doing(self.line)
        if resumed:
            say(stage, f"the first {resumed} of {total} were done before; going on")

    def __enter__(self) -> Self:
        self._told.__enter__()
        _open.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _open.remove(self)
        self._told.__exit__(kind, error, trace)

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """An item is asked for within the block."""
        item = object()
        self._flying[item] = time.monotonic()
        try:
            yield
        finally:
            del self._flying[item]

    def add(self, note: str = "") -> None:
        """One more item; `note` is counted and shown (a drop's reason, say)."""
        if note:
            self.notes[note] += 1
        self.reach(self.count + 1)

    def reach(self, count: int, text: str = "") -> None:
        """So many items are done by now."""
        self.count, self._latest = count, time.monotonic()
        if self._latest - self._said > INTERVAL_S or self.count == self.total:
            self.show(text)

    def catch_up(self, resumed: int) -> None:
        """So many items were done before in all; those found since the start count from now on."""
        self.count += resumed - self._resumed
        self._resumed = resumed

    def show(self, text: str = "") -> None:
        """Say where the stage stands now."""
        self._said = time.monotonic()
        say(self.stage, self.line(text))

    def line(self, text: str = "") -> str:
        """Where the stage stands: the meter, what is under way, what else is to be told."""
        shown = meter(self.count, self.total, self._started, initial=self._resumed)
        notes = ", ".join(f"{note} {count}" for note, count in self.notes.most_common(4))
        aside = self.aside(self.total - self.count)
        parts = (shown, text, self._under_way(), aside, notes)
        return "  ".join(part for part in parts if part)

    def _under_way(self) -> str:
        now, since = time.monotonic(), list(self._flying.values())
        silent = now - self._latest
        if self.total and self.count >= self.total:
            return f"finishing, {duration(silent)}" if silent > RECENT_S else ""
        parts = []
        if since:
            waiting = self.total - self.count - len(since)
            parts += [f"{len(since)} in flight"] + ([f"{waiting} waiting"] if waiting > 0 else [])
        if self.count == self._resumed:
            parts.insert(0, f"no {self.unit} yet")
            parts += [f"oldest {duration(now - min(since))}"] if since else []
        elif silent > RECENT_S:
            parts.append(f"last {self.unit} {duration(silent)} ago")
        return ", ".join(parts)


def standing() -> tuple[int, int] | None:
    """Items done and items wanted of what was begun last; None where nothing is counted."""
    last = next(reversed(list(_open)), None)
    return (last.count, last.total) if last and last.total else None


def counted(rows: Iterable[Row], stage: str, total: int = 0, *, unit: str = "row") -> Iterator[Row]:
    """The rows, with a line now and then on how many have passed."""
    with StepProgress(stage, total, unit=unit) as progress:
        for row in rows:
            yield row
            progress.add()


def reading(stream: IO[bytes], size: int, name: str) -> AbstractContextManager[None]:
    """A file of `size` bytes is read within; its share, rate and time left are told."""
    began = time.monotonic()

    how = {"prefix": f"reading {name}", "unit": "B", "unit_scale": True}
    return doing(lambda: meter(stream.tell(), size, began, **how))


def meter(count: int, total: int, began: float, **how: Any) -> str:
    """tqdm's meter: share, rate and time left, so far as a total is known."""
    seconds = time.monotonic() - began
    whole: Any = total or None  # the library's own word for a total that is not known
    return tqdm.format_meter(count, whole, seconds, ncols=60, **how).strip()


def copying(told: str, folder: Path) -> AbstractContextManager[None]:
    """What is done within grows the local `folder`, whose size is told."""
    began = time.monotonic()
    return doing(
        lambda: f"{told}: {_size(folder)} there, {duration(time.monotonic() - began)}",
    )


def _size(folder: Path) -> str:
    sizes = [_bytes_of(path) for path in folder.rglob("*")] if folder.is_dir() else []
    return f"{tqdm.format_sizeof(sum(sizes), 'B', 1024)}"


def _bytes_of(path: Path) -> int:
    try:
        return 0 if path.is_symlink() or path.is_dir() else path.stat().st_size
    except OSError:  # it was a partial file, and is whole by now
        return 0


def beating(stage: str) -> Heartbeat:
    """Within, the stage says what it is doing whenever nothing was said for a while."""
    return Heartbeat(partial(say, stage))


def say(stage: str, text: str) -> None:
    """One line of a stage's log."""
    # in one piece: threads speak too
    sys.stdout.write(f"[{stage}] {text}\n")
    sys.stdout.flush()
    heard()
