"""Files that may be compressed: the suffix says how, what comes out handles plain bytes."""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

import zstandard

from littlegiants.errors import BadInput

CHUNK_BYTES = 1 << 17


@contextmanager
def plain_reader(stream: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """The uncompressed bytes of `stream`, compressed as the suffix of `name` says (.gz, .zst).

    Raises BadInput, also while the bytes are read, when they are damaged or end too soon.
    """
    try:
        if name.endswith(".gz"):
            yield cast(IO[bytes], gzip.GzipFile(fileobj=stream))
        elif name.endswith(".zst"):
            yield io.BufferedReader(_ZstdReader(stream))
        else:
            yield stream
    except (EOFError, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise BadInput(
            f"{name}: the compressed file is damaged or cut short; get it again"
        ) from error


@contextmanager
def plain_writer(stream: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    """Bytes written to it reach `stream` compressed as the suffix of `name` says (.gz, .zst).

    Equal bytes in give equal bytes out: no file name and no time is recorded.
    """
    if name.endswith(".gz"):
        with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as packed:
            yield cast(IO[bytes], packed)
    elif name.endswith(".zst"):
        with zstandard.ZstdCompressor().stream_writer(stream, closefd=False) as frames:
            yield cast(IO[bytes], frames)
    else:
        yield stream


class _ZstdReader(io.RawIOBase):
    """Zstandard frames in a row; the library's own reader takes a cut file for a whole one."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._plain = b""
        self._packed = b""
        self._frame: zstandard.ZstdDecompressionObj | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._plain:
            self._packed = self._packed or self._stream.read(CHUNK_BYTES)
            if not self._packed:
                break
            self._unpack()
        if not self._plain and self._frame:
            raise EOFError
        size = min(len(buffer), len(self._plain))
        buffer[:size], self._plain = self._plain[:size], self._plain[size:]
        return size

    def _unpack(self) -> None:
        self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
        self._plain = self._frame.decompress(self._packed)
        self._packed = self._frame.unused_data if self._frame.eof else b""
        if self._frame.eof:
            self._frame = None
