"""A segment's bytes: one checked line of JSON a record, the first of which names the format.

`{"sum": "89abcdef", "key": "…", "value": …}`: `sum` is the CRC-32 of all that follows it in the
line, so a line is whole or it is damaged, and any JSON reader can read it.
"""

import json
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from zlib import crc32

from littlegiants.errors import BadInput

Value = dict[str, Any]
FORMAT = 2
PREFIX = len(b'{"sum": "89abcdef", ')
KEY, AFTER_KEY = b'"key": "', b'", "value": '


def header_line() -> bytes:
    """The first line of a segment."""
    return _checked(json.dumps({"format": FORMAT}))


def record_line(key: str, value: Value) -> bytes:
    """An answer as a line."""
    return _checked(json.dumps({"key": key, "value": value}))


def _checked(text: str) -> bytes:
    body = text[1:].encode()
    return b'{"sum": "%08x", %s\n' % (crc32(body), body)


def is_whole(line: bytes) -> bool:
    """Whether a line (without its end) is as it was written."""
    return line[:PREFIX] == b'{"sum": "%08x", ' % crc32(line[PREFIX:])


def key_of(line: bytes) -> bytes:
    """The key of a whole line as JSON has it; empty for a line that is no record."""
    if line[PREFIX : PREFIX + len(KEY)] != KEY:
        return b""
    return line[PREFIX + len(KEY) : line.index(AFTER_KEY)]


def record_of(line: bytes) -> tuple[str, Value]:
    """Key and value of a whole line."""
    record = json.loads(line)
    return record["key"], record["value"]


def raw(key: str) -> bytes:
    """A key as it stands in its line."""
    return json.dumps(key)[1:-1].encode()


def short_key(raw_key: bytes) -> int:
    """64 bits that stand for a key in an index."""
    return int.from_bytes(blake2b(raw_key, digest_size=8).digest(), "little")


@dataclass(slots=True)
class Scan:
    """What a segment holds: each record's key, place and length; where it is damaged."""

    keys: "array[int]" = field(default_factory=lambda: array("Q"))
    offsets: "array[int]" = field(default_factory=lambda: array("Q"))
    lengths: "array[int]" = field(default_factory=lambda: array("Q"))
    damaged: list[tuple[int, bytes]] = field(default_factory=list)


def scan(content: bytes, name: str) -> Scan:
    """All records of a segment; what a crash cut off at its end is no damage, and left out.

    Raises BadInput when another version wrote it.
    """
    found = Scan()
    for offset, line in lines_of(content):
        if not is_whole(line):
            if offset == 0:
                refuse_other_formats(line, name)
            found.damaged.append((offset, line))
        elif key := key_of(line):
            found.keys.append(short_key(key))
            found.offsets.append(offset)
            found.lengths.append(len(line))
        else:
            refuse_other_formats(line, name)
    return found


def lines_of(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Offset and text of each line that has an end."""
    start = 0
    while (end := content.find(b"\n", start)) >= 0:
        yield start, content[start:end]
        start = end + 1


def refuse_other_formats(line: bytes, name: str) -> None:
    """Raise BadInput when a first line tells of another format; a damaged one tells nothing."""
    try:
        written = json.loads(line)
    except ValueError:
        return
    if not isinstance(written, dict) or written.get("format") == FORMAT:
        return
    if is_whole(line) or "sum" not in written:
        raise BadInput(
            f"{name}: journal format {written.get('format', 'unknown')}, this version reads "
            f"{FORMAT}; go on with the version that wrote it, or name another --run"
        )
