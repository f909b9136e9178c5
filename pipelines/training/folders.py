"""Folders that are whole or not there at all."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
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


def file_digests(folder: Path, *, leave_out: frozenset[str] = frozenset()) -> dict[str, str]:
    """SHA-256 of each file under `folder`, by its relative path."""
    paths = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.name not in leave_out
    )
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in paths}


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
