"""A file of any size that readers see when it is complete, and not before."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from upath import UPath

from pipelines.stores import FULL, Store, unavailable


@contextlib.contextmanager
def whole_file(path: UPath) -> Iterator[IO[bytes]]:
    """A file to write into; it is at `path` when the context ends, and not at all if that fails.

    Raises Unavailable when the disk is full or the store is away.
    """
    store = Store(path.parent)
    if store.is_local:
        path.parent.mkdir(parents=True, exist_ok=True)
    with (
        _full_disk_told(path),
        _part(path.name, str(path.parent) if store.is_local else None) as (
            part,
            stream,
        ),
    ):
        yield stream
        stream.flush()
        if store.is_local:
            os.fsync(stream.fileno())
            part.replace(str(path))
        else:
            store.put_file(part, path.name)


@contextlib.contextmanager
def _part(name: str, folder: str | None) -> Iterator[tuple[Path, IO[bytes]]]:
    """What is written before it is whole: beside its place on a disk, else a temporary file."""
    place = Path(folder or tempfile.gettempdir())
    part = place / f".{name}.{os.getpid()}.{os.urandom(4).hex()}.part"
    try:
        with part.open("wb") as stream:
            yield part, stream
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def _full_disk_told(path: UPath) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise unavailable(path.parent, error) from error
        raise
