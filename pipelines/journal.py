"""A fan-out step is a journaled map: what was answered once is never asked again.

A journal is a folder on any fsspec URL. Each process appends to a segment of its own, JSON lines
`{"key": …, "value": …}`. On a file system every line is flushed to the disk as it comes, so a crash
loses nothing that was answered; on an object store the open segment is put every few seconds.
"""

import asyncio
import json
import os
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from upath import UPath

from littlegiants.errors import BadInput

Value = dict[str, Any]
Item = TypeVar("Item")
PUT_INTERVAL_S = 2.0
"""Object stores cannot append: the longest that an answer waits before it is stored there."""
SEGMENT_LINES = 1000


class Journal:
    """Answers under their items' content keys; a context manager that closes the open segment."""

    def __init__(self, folder: UPath) -> None:
        self.folder = folder
        self.values: dict[str, Value] = dict(_read(folder))
        self._segment: Segment | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Store what is not stored yet."""
        if self._segment:
            self._segment.close()

    def append(self, key: str, value: Value) -> None:
        """Keep `value`; it survives the process (object stores: after PUT_INTERVAL_S)."""
        if self._segment is None or self._segment.is_full:
            self.close()
            self._segment = Segment(self.folder / f"{time.time_ns()}-{uuid.uuid4().hex[:8]}.jsonl")
        self._segment.append({"key": key, "value": value})
        self.values[key] = value

    async def map(
        self,
        items: Mapping[str, Item],
        function: Callable[[Item], Awaitable[Value]],
        *,
        concurrency: int,
        keep: Callable[[Value], bool] = lambda value: True,
        done: Callable[[Value], None] = lambda value: None,
    ) -> list[Value]:
        """`function` of each item that has no answer yet; all answers, in the order of `items`.

        Answers that are not to `keep` are given but not stored.

        The first exception stops the map: answers in flight are kept, then it is raised.
        """
        waiting = iter([(key, item) for key, item in items.items() if key not in self.values])
        workers = [
            asyncio.create_task(self._work(waiting, function, keep, done))
            for _ in range(concurrency)
        ]
        await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
        deque(waiting, maxlen=0)  # after an exception nothing new is begun
        for outcome in await asyncio.gather(*workers, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        return [self.values[key] for key in items]

    async def _work(
        self,
        waiting: Iterator[tuple[str, Item]],
        function: Callable[[Item], Awaitable[Value]],
        keep: Callable[[Value], bool],
        done: Callable[[Value], None],
    ) -> None:
        for key, item in waiting:
            value = await function(item)
            self.values[key] = value
            if keep(value):
                self.append(key, value)
            done(value)


class Segment:
    """One process's own part of a journal."""

    def __init__(self, path: UPath) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._local = path.protocol in ("", "file", "local")
        self._lines: list[str] = []
        self._count = 0
        self._stored = time.monotonic()

    @property
    def is_full(self) -> bool:
        """Time for the next segment: a put sends the whole of one."""
        return self._count >= SEGMENT_LINES

    def append(self, record: Mapping[str, Any]) -> None:
        """Add a line; stored at once (file system) or with the next put (object store)."""
        self._count += 1
        line = json.dumps(record) + "\n"
        if self._local:
            with Path(str(self._path)).open("a", encoding="utf-8") as stream:
                stream.write(line)
                stream.flush()
                os.fsync(stream.fileno())
            return
        self._lines.append(line)
        if time.monotonic() - self._stored > PUT_INTERVAL_S:
            self.close()

    def close(self) -> None:
        """Store what is not stored yet; the segment can still grow."""
        if self._lines:
            self._path.write_text("".join(self._lines), encoding="utf-8")
        self._stored = time.monotonic()


def _read(folder: UPath) -> Iterator[tuple[str, Value]]:
    seen: set[str] = set()
    for path in sorted(folder.glob("*.jsonl")) if folder.exists() else ():
        for key, value in _records(path):
            if key not in seen:
                seen.add(key)
                yield key, value


def _records(path: UPath) -> Iterator[tuple[str, Value]]:
    """Records of a segment; a last line that a crash cut is left out, another is an error."""
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            record = json.loads(line)
            yield record["key"], record["value"]
        except (ValueError, KeyError, TypeError) as error:
            if number == len(lines):
                return
            raise BadInput(
                f"{path}:{number}: not a journal line; restore the file or delete it"
            ) from error
