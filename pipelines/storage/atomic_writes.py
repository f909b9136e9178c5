"""Atomic writes: readers see a file of any size when it is complete, and not before."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from upath import UPath

from pipelines.storage.refusals import FULL
from pipelines.storage.store import Store, is_local, part_of, unavailable

COPIED_BYTES = 2**24


@contextlib.contextmanager
def whole_file(path: UPath) -> Iterator[IO[bytes]]:
    """A file to write into; it is at `path` when the context ends, and not at all if that fails.

    Raises Unavailable when the disk is full or the store is away.
    """
    store = Store(path.parent)
    place = Path(store.folder.path if store.is_local else tempfile.gettempdir(), path.name)
    with _full_disk_told(path), part_of(place) as (part, stream):
        yield stream
        stream.flush()
        if store.is_local:
            os.fsync(stream.fileno())
            part.replace(place)
        else:
            store.put_file(part, path.name)


@contextlib.contextmanager
def _full_disk_told(path: UPath) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise unavailable(path.parent, error) from error
        raise


def write_whole(path: UPath, text: str) -> None:
    """Write a file that readers see whole or not at all."""
    Store(path.parent).write(path.name, text.encode())


def copy_within(source: UPath, target: UPath) -> None:
    """Have a store copy one of its own files, in parts where it is large; nothing of it comes here.

    Raises Unavailable when the store is away.
    """
    try:
        target.fs.cp_file(source.path, target.path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise unavailable(target.parent, error) from error


def are_in_one_store(source: UPath, target: UPath) -> bool:
    """Whether both lie in one store that can copy between them: not on this machine."""
    return not is_local(source) and source.fs is target.fs


def copy_whole(source: Path, target: UPath) -> None:
    """Copy a file so that readers see it whole or not at all."""
    store = Store(target.parent)
    if not store.is_local:  # an object appears when its upload ends
        store.put_file(source, target.name)
        return
    with source.open("rb") as read, whole_file(target) as write:
        shutil.copyfileobj(read, write, COPIED_BYTES)


@contextlib.contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A temporary folder that becomes `out` when the block ends without an error.

    What was in `out` is replaced; what a killed run left behind is removed. Others may read the
    files: safetensors writes them for their owner alone, and a server runs as somebody else.
    """
    out = out.absolute()
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    for path in partial.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)
