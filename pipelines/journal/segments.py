"""Segments: the part of a journal that one process writes, on a disk or put whole to a store."""

import os
import time
import uuid
from typing import Protocol

from pipelines.journal.index import SUFFIX as INDEX
from pipelines.journal.index import packed
from pipelines.journal.record_format import Scan, header_line, short_key
from pipelines.storage.store import Store, unavailable

SUFFIX = ".jsonl"
LOCAL_BYTES, OBJECT_BYTES = 16 * 2**20, 2 * 2**20
"""Time for the next segment: a put sends the whole of one."""


class Segment(Protocol):
    """Lines that are added one after another."""

    name: str

    @property
    def is_full(self) -> bool:
        """Time for the next one."""

    @property
    def is_due(self) -> bool:
        """Time to store what is not stored yet."""

    def append(self, raw_key: bytes, line: bytes) -> int:
        """Add a line; gives its offset."""

    def read(self, offset: int, length: int) -> bytes:
        """A line that was added, without its end."""

    def store(self) -> None:
        """Make what was added outlive the machine."""

    def close(self) -> None:
        """Store it, with its part of the index."""


def next_name(names: list[str]) -> str:
    """A segment's name behind all others: numbers grow whatever the clock says."""
    numbers = [int(name.partition("-")[0]) for name in names if name.partition("-")[0].isdigit()]
    return f"{max(numbers, default=0) + 1:08}-{uuid.uuid4().hex[:8]}{SUFFIX}"


class _Written:
    """What both kinds of segment know of their lines."""

    def __init__(self, store: Store, name: str, interval_s: float) -> None:
        self.name, self._store, self._interval_s = name, store, interval_s
        self._found, self._size, self._kept = Scan(), 0, 0
        self._stored = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Time to store what is not stored yet."""
        return self._kept < self._size and time.monotonic() - self._stored >= self._interval_s

    def _note(self, raw_key: bytes, line: bytes) -> int:
        offset = self._size
        self._found.keys.append(short_key(raw_key))
        self._found.offsets.append(offset)
        self._found.lengths.append(len(line) - 1)
        self._size += len(line)
        return offset

    def _write_index(self) -> None:
        self._store.write(self.name + INDEX, packed(self._found, self._size))


class LocalSegment(_Written):
    """Each line is in the system's hands at once, and on the disk after `interval_s` at most."""

    def __init__(self, store: Store, name: str, interval_s: float) -> None:
        super().__init__(store, name, interval_s)
        store.folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_RDWR
        try:
            self._file = os.open((store.folder / name).path, flags, 0o644)
        except OSError as error:
            raise unavailable(store.folder, error) from error
        self._is_open, self._is_broken = True, False
        self._size = self._write(header_line())

    @property
    def is_full(self) -> bool:
        """Time for the next one, also after a line that was cut."""
        return self._size >= LOCAL_BYTES or self._is_broken

    def append(self, raw_key: bytes, line: bytes) -> int:
        """Add a line; gives its offset."""
        self._write(line)
        return self._note(raw_key, line)

    def _write(self, line: bytes) -> int:
        try:
            if os.write(self._file, line) != len(line):
                raise OSError(28, "no space for a whole line")
        except OSError as error:
            self._is_broken = True
            raise unavailable(self._store.folder, error) from error
        return len(line)

    def read(self, offset: int, length: int) -> bytes:
        """A line that was added, without its end."""
        return os.pread(self._file, length, offset)

    def store(self) -> None:
        """Make what was added outlive the machine."""
        size = self._size
        if self._kept < size and self._is_open:
            try:
                os.fsync(self._file)
            except OSError as error:
                raise unavailable(self._store.folder, error) from error
        self._kept, self._stored = size, time.monotonic()

    def close(self) -> None:
        """Store it, with its part of the index."""
        if not self._is_open:
            return
        try:
            self.store()
        finally:
            os.close(self._file)
            self._is_open = False
        if not self._is_broken:
            self._write_index()


class ObjectSegment(_Written):
    """Objects cannot grow: the whole is put every `interval_s`, and when it closes."""

    def __init__(self, store: Store, name: str, interval_s: float) -> None:
        super().__init__(store, name, interval_s)
        self._lines = {0: header_line()}
        self._size = len(self._lines[0])

    @property
    def is_full(self) -> bool:
        """Time for the next one."""
        return self._size >= OBJECT_BYTES

    def append(self, raw_key: bytes, line: bytes) -> int:
        """Add a line; gives its offset."""
        self._lines[self._size] = line
        return self._note(raw_key, line)

    def read(self, offset: int, length: int) -> bytes:
        """A line that was added, without its end."""
        return self._lines[offset][:length]

    def store(self) -> None:
        """Make what was added outlive this process."""
        content = b"".join(tuple(self._lines.values()))
        if self._kept < len(content):
            self._store.write(self.name, content)
        self._kept, self._stored = len(content), time.monotonic()

    def close(self) -> None:
        """Store it, with its part of the index."""
        self.store()
        self._write_index()
