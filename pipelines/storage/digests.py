"""What lies at a path now, as a digest of its content: two that are equal hold the same bytes."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from upath import UPath

from littlegiants.tasks import digest
from littlegiants.weights import file_digest
from pipelines.storage.store import is_local

ABSENT = "absent"
CHUNK_BYTES = 2**20
CARD = "README.md"
"""A model's card may be written again, with its scores; that makes no other model of it."""
KEPT_BY_STORES = ("ETag", "etag", "md5Hash", "crc32c")
"""What object stores tell of a file's content, so that 16 GB need not be fetched to be compared."""


def content_digest(path: UPath) -> str:
    """Digest of a file's content, or of the names and contents in a folder; `absent` without one.

    In a folder, hidden files and model cards do not count.
    """
    if not path.exists():
        return ABSENT
    if not path.is_dir():
        return _of_file(path)
    files = {file.relative_to(path).as_posix(): file for file in path.rglob("*") if file.is_file()}
    return digest([[name, _of_file(files[name])] for name in sorted(files) if _counts(name)])


def input_digest(folder: UPath, pattern: str) -> str:
    """Digest of what lies at `pattern` in a run: one path, or all that match a name with a *."""
    if "*" not in pattern:
        return content_digest(folder / pattern)
    return digest([[path.name, content_digest(path)] for path in sorted(folder.glob(pattern))])


def _counts(name: str) -> bool:
    return name != CARD and not any(part.startswith(".") for part in name.split("/"))


def _of_file(path: UPath) -> str:
    told = told_by_store(path)
    if told:
        return digest(told)
    found = sha256()
    with path.open("rb") as stream:
        while part := stream.read(CHUNK_BYTES):
            found.update(part)
    return found.hexdigest()[:16]


def told_by_store(path: UPath) -> list[Any]:
    """What the store keeps of the content; empty where it keeps nothing."""
    if is_local(path):
        return []
    path.fs.invalidate_cache(path.parent.path)
    info = path.fs.info(path.path)
    tags = [info[key] for key in KEPT_BY_STORES if info.get(key)]
    return [info["size"], tags[0]] if tags else []


def file_digests(folder: Path, *, leave_out: frozenset[str] = frozenset()) -> dict[str, str]:
    """SHA-256 of each file under `folder`, by its relative path."""
    paths = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.name not in leave_out
    )
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in paths}
