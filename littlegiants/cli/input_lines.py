"""Input lines of a command, as records; a slow pipe does not hold up the calls under way."""

import asyncio
import itertools
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import TypeVar

from littlegiants.compression import plain_reader
from littlegiants.errors import BadInput
from littlegiants.records import parse_record, read_records

Record = TypeVar("Record")

STANDARD_INPUT = "-"
CHUNK_BYTES = 1 << 16


class InputLines:
    """The first `limit` records in `place`; `fault` is the line that ended them too soon.

    A bad line ends the input and no more than that: what was asked before it is still answered.
    """

    def __init__(self, place: str, *, limit: int | None = None) -> None:
        self._place, self._limit = place, limit
        self.fault: BadInput | None = None

    def count(self) -> int | None:
        """How many lines there are to read; None where only reading them can tell."""
        if self._place == STANDARD_INPUT or not Path(self._place).is_file():
            return None
        try:
            with Path(self._place).open("rb") as packed, plain_reader(packed, self._place) as lines:
                written = (line for line in lines if line.strip())
                return sum(1 for _ in itertools.islice(written, self._limit))
        except (BadInput, OSError):
            return None

    async def read(self, record: type[Record]) -> AsyncGenerator[Record, None]:
        """The records."""
        if self._limit == 0:
            return
        count = 0
        try:
            async for each in self._records(record):
                yield each
                count += 1
                if count == self._limit:
                    return
        except BadInput as error:
            self.fault = error

    async def _records(self, record: type[Record]) -> AsyncIterator[Record]:
        if self._place != STANDARD_INPUT:
            for each in read_records(self._place, record):
                yield each
            return
        number = 0
        async for line in _arriving_lines(0):
            number += 1
            if line.strip():
                yield parse_record(line, record, where=f"standard input:{number}")


async def _arriving_lines(descriptor: int) -> AsyncIterator[bytes]:
    """Lines as they come; a file that is always ready (not a pipe or terminal) is simply read."""
    waits = not stat.S_ISREG(os.fstat(descriptor).st_mode)
    rest = b""
    while True:
        if waits:
            waits = await _is_readable(descriptor)
        chunk = os.read(descriptor, CHUNK_BYTES)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
    if rest:
        yield rest


async def _is_readable(descriptor: int) -> bool:
    """Wait until `descriptor` can be read; False when it cannot be waited for."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(descriptor, ready.set)
    except (NotImplementedError, PermissionError):
        return False
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
    return True
