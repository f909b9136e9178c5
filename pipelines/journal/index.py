"""The index of a journal: where each record lies, and the file beside a segment that says so.

With these files, opening a journal reads no answers.
"""

import struct
from array import array
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

from pipelines.journal.record_format import Scan

SUFFIX = ".index"
HEAD = struct.Struct("<8sQQI")
MAGIC = b"LGIX0002"


class Place(NamedTuple):
    """A record: which segment, where in it, how long."""

    segment: int
    offset: int
    length: int


def places(scans: Iterable[Scan]) -> dict[int, Place]:
    """Where the record of each short key lies; of a key that comes twice the first."""
    found: dict[int, Place] = {}
    for number, each in enumerate(scans):
        for key, offset, length in zip(each.keys, each.offsets, each.lengths, strict=True):
            found.setdefault(key, Place(number, offset, length))
    return found


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
