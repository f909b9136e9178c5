"""A journal: a folder of segments on any fsspec URL, to which many processes may append."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from typing import Self

from upath import UPath

from littlegiants.errors import Unavailable
from pipelines.journal.block_cache import Blocks
from pipelines.journal.folder import segment_scans, set_aside
from pipelines.journal.index import SUFFIX as INDEX
from pipelines.journal.index import Place, places
from pipelines.journal.record_format import (
    Value,
    is_whole,
    key_of,
    raw,
    record_line,
    record_of,
    short_key,
)
from pipelines.journal.segments import LocalSegment, ObjectSegment, Segment, next_name
from pipelines.storage.store import LIMIT_S, Store

__all__ = ["Journal", "Value"]
INTERVAL_S = 2.0
"""The longest that an answer waits before it outlives the machine."""


class Journal:
    """Answers under their items' content keys; a context manager that closes the open segment.

    Memory holds where the answers lie, not the answers. `interval_s` 0 stores each at once.

    Raises BadInput when another version wrote the folder, Unavailable when it stays away.
    """

    def __init__(
        self, folder: UPath, *, interval_s: float = INTERVAL_S, limit_s: float = LIMIT_S
    ) -> None:
        self.folder = folder
        self._store, self._interval_s = Store(folder, limit_s), interval_s
        self._blocks = Blocks(self._store)
        self._index: dict[int, Place] = {}
        self._names: list[str] = []
        self._open: Segment | None = None
        self._unclosed: dict[str, Segment] = {}
        self._storing, self._lock = asyncio.Lock(), threading.Lock()
        self._load()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *outcome: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, key: str) -> bool:
        return short_key(raw(key)) in self._index

    @property
    def values(self) -> Mapping[str, Value]:
        """The answers by key, read as they are wanted."""
        return Answers(self)

    def get(self, key: str) -> Value | None:
        """The answer under `key`; None when there is none, or it is damaged."""
        wanted = raw(key)
        place = self._index.get(short_key(wanted))
        if place is None:
            return None
        try:
            line = self._line(place)
        except FileNotFoundError:  # another process has merged its segment into a larger one
            self._load()
            return self.get(key)
        if is_whole(line) and key_of(line) == wanted:
            return record_of(line)[1]
        if not is_whole(line):
            self._set_aside(place, line)
        self._index.pop(short_key(wanted), None)
        return None

    def items(self) -> Iterator[tuple[str, Value]]:
        """All answers with their keys, in the order in which they lie in the folder."""
        for place in sorted(self._index.values()):
            try:
                line = self._line(place)
            except FileNotFoundError as error:
                message = f"{self.folder}: was merged while it was read; start the command again"
                raise Unavailable(message) from error
            if is_whole(line):
                yield record_of(line)
            else:
                self._set_aside(place, line)

    def append(self, key: str, value: Value) -> None:
        """Keep `value`, unless `key` has one; it outlives the machine after `interval_s`."""
        self.add(key, value)
        if self._open and self._open.is_due:
            self.store()

    def add(self, key: str, value: Value) -> None:
        """As `append`, for who awaits `store_when_due` after it."""
        if key in self:
            return
        if self._open and self._open.is_full:
            self.roll()
            self._close_rolled()
        if self._open is None:
            self._open = self._new_segment()
        line, raw_key = record_line(key, value), raw(key)
        offset = self._open.append(raw_key, line)
        self._index[short_key(raw_key)] = Place(len(self._names) - 1, offset, len(line) - 1)

    async def store_when_due(self) -> None:
        """Store what has waited long enough; many tasks may ask, each waits until it is done."""
        while self._open and (self._open.is_due or self._open.is_full):
            async with self._storing:
                if self._open and self._open.is_full:
                    self.roll()
                if self._unclosed or (self._open and self._open.is_due):
                    await asyncio.to_thread(self.store)

    def store(self) -> None:
        """Store what is not stored yet."""
        self._close_rolled()
        with self._lock:
            if self._open:
                self._open.store()

    def close(self) -> None:
        """Store what is not stored yet; the next answer begins a new segment."""
        self.roll()
        self._close_rolled()

    def roll(self) -> None:
        """Let the next answer begin a new segment."""
        if self._open:
            self._unclosed[self._open.name] = self._open
        self._open = None

    def _close_rolled(self) -> None:
        with self._lock:
            for name, segment in list(self._unclosed.items()):
                segment.close()
                del self._unclosed[name]

    def _new_segment(self) -> Segment:
        kind = LocalSegment if self._store.is_local else ObjectSegment
        segment = kind(self._store, next_name(self._names), self._interval_s)
        self._names.append(segment.name)
        return segment

    def _load(self) -> None:
        self.close()
        scans = segment_scans(self._store)
        self._names = [name for name, _ in scans]
        self._blocks.clear()
        self._index = places(each for _, each in scans)

    def _line(self, place: Place) -> bytes:
        name = self._names[place.segment]
        if self._open and self._open.name == name:
            return self._open.read(place.offset, place.length)
        if name in self._unclosed:
            return self._unclosed[name].read(place.offset, place.length)
        return self._blocks.read(name, place.offset, place.length)

    def _set_aside(self, place: Place, line: bytes) -> None:
        """Keep what is damaged; without its part of the index the segment is read anew."""
        name = self._names[place.segment]
        set_aside(self._store, name, offset=place.offset, content=line)
        self._store.delete(name + INDEX)


class Answers(Mapping[str, Value]):
    """A journal as a mapping that is not in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __getitem__(self, key: str) -> Value:
        value = self._journal.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self._journal

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._journal.items())

    def __len__(self) -> int:
        return len(self._journal)
