"""Where each key's record lies: 24 bytes a key, sorted, so that millions of answers fit in memory.

Beside each closed segment lies its part of the index, so that opening a journal reads no answers.
"""

import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipelines.journal.record_format import Scan

SUFFIX = ".index"
HEAD = struct.Struct("<8sQQI")
MAGIC = b"LGIX0002"
RECENT = 20_000
"""Keys that are kept apart before they are sorted into the others."""


@dataclass(frozen=True, slots=True)
class Place:
    """A record: which segment, where in it, how long."""

    segment: int
    offset: int
    length: int


class Index:
    """64 bits of each key and its record's place; of a key that comes twice the first place."""

    def __init__(self) -> None:
        self._keys, self._segments = array("Q"), array("I")
        self._offsets, self._lengths = array("Q"), array("I")
        self._recent: dict[int, tuple[int, int, int]] = {}
        self._gone: set[int] = set()

    def __len__(self) -> int:
        return len(self._keys) + len(self._recent) - len(self._gone)

    def load(self, parts: Iterable[tuple[int, Scan]]) -> None:
        """Begin anew with whole segments by their number, the first of a key first."""
        scans = list(parts)
        empty = [np.empty(0, np.uint64)]
        keys = np.concatenate([_numbers(each.keys) for _, each in scans] or empty)
        kept, first = np.unique(keys, return_index=True)
        self._keys = _array("Q", kept)
        del keys, kept
        offsets = np.concatenate([_numbers(each.offsets) for _, each in scans] or empty)
        self._offsets = _array("Q", offsets[first])
        del offsets
        lengths = np.concatenate([_numbers(each.lengths) for _, each in scans] or empty)
        self._lengths = _array("I", lengths[first].astype(np.uint32))
        del lengths
        counts, numbers = [len(each.keys) for _, each in scans], [number for number, _ in scans]
        segments = np.repeat(np.array(numbers, np.uint32), counts)
        self._segments = _array("I", segments[first])
        self._recent, self._gone = {}, set()

    def find(self, key: int) -> Place | None:
        """Where the record of `key` lies."""
        if key in self._recent:
            return Place(*self._recent[key])
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key or key in self._gone:
            return None
        return Place(self._segments[at], self._offsets[at], self._lengths[at])

    def add(self, key: int, segment: int, offset: int, length: int) -> None:
        """One more record, unless the key has one."""
        if self.find(key):
            return
        self._recent[key] = (segment, offset, length)
        if len(self._recent) > RECENT:
            self._merge()

    def remove(self, key: int) -> None:
        """Forget a record."""
        if not self._recent.pop(key, None) and self.find(key):
            self._gone.add(key)

    def places(self) -> Iterator[Place]:
        """All places, in the order in which they lie on the disk."""
        self._merge()
        segments = np.frombuffer(self._segments, np.uint32)
        order = np.lexsort((np.frombuffer(self._offsets, np.uint64), segments))
        for at in order:
            yield Place(self._segments[at], self._offsets[at], self._lengths[at])

    def _merge(self) -> None:
        """Sort what is recent into the rest; what was removed goes."""
        if not self._recent and not self._gone:
            return
        recent = np.array(list(self._recent), np.uint64)
        keys = np.concatenate([np.frombuffer(self._keys, np.uint64), recent])
        order = np.argsort(keys, kind="stable")
        is_gone = np.isin(keys, np.array(list(self._gone), np.uint64))
        is_gone[len(self._keys) :] = False
        order = order[~is_gone[order]]
        columns = np.array(list(self._recent.values()), np.uint64).reshape(-1, 3).T
        self._keys = _array("Q", keys[order])
        self._segments = _merged(self._segments, columns[0], order)
        self._offsets = _merged(self._offsets, columns[1], order)
        self._lengths = _merged(self._lengths, columns[2], order)
        self._recent, self._gone = {}, set()


def _array(code: str, values: NDArray[Any]) -> "array[int]":
    """The same numbers, which are found faster one by one."""
    found = array(code)
    found.frombytes(values.view(np.uint8).data)
    return found


def _numbers(values: "array[int]") -> NDArray[Any]:
    return np.frombuffer(values, np.uint64)


def _merged(old: "array[int]", new: NDArray[Any], order: NDArray[Any]) -> "array[int]":
    kind = np.dtype(old.typecode)
    together = np.concatenate([np.frombuffer(old, kind), new.astype(kind)])
    return _array(old.typecode, together[order])


def packed(found: Scan, size: int) -> bytes:
    """A segment's part of the index, `size` being the segment's bytes."""
    body = found.keys.tobytes() + found.offsets.tobytes() + found.lengths.tobytes()
    return HEAD.pack(MAGIC, size, len(found.keys), crc32(body)) + body


def unpacked(content: bytes, size: int) -> Scan | None:
    """What `packed` made; None when it is not whole, or was made of another segment."""
    if len(content) < HEAD.size:
        return None
    magic, covered, count, checksum = HEAD.unpack_from(content)
    body = memoryview(content)[HEAD.size :]
    if (magic, covered, checksum) != (MAGIC, size, crc32(body)) or len(body) != 24 * count:
        return None
    keys, offsets, lengths = (
        array("Q", body[start * 8 * count : (start + 1) * 8 * count].tobytes())
        for start in range(3)
    )
    return Scan(keys, offsets, lengths)
