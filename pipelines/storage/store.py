"""A store: a folder on any fsspec URL, asked again when it is away for a while."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

from botocore.exceptions import BotoCoreError
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)
from upath import UPath

from littlegiants.errors import Unavailable
from pipelines.step_progress import say
from pipelines.storage.refusals import FULL, is_passing, is_there_already

Outcome = TypeVar("Outcome")
LIMIT_S = 300.0
"""How long a store may be away before a step gives up."""
MOST_WAIT_S = 10.0


@dataclass(slots=True)
class Store:
    """Small files of one folder, read and written whole; names may have slashes.

    What fails because the store is away is tried again for `limit_s`; then, and when the disk is
    full, Unavailable is raised. A file that is not there is FileNotFoundError.
    """

    folder: UPath
    limit_s: float = LIMIT_S
    is_local: bool = field(init=False)
    _patience_s: float = field(init=False)
    """What is left of `limit_s`: a store that has just used it up is not waited for again."""

    def __post_init__(self) -> None:
        self.is_local = is_local(self.folder)
        if self.is_local:  # fsspec answers with absolute paths, whatever it was asked for
            self.folder = self.folder.absolute()
        self._patience_s = self.limit_s

    def sizes(self, suffix: str) -> dict[str, int]:
        """Bytes of each file directly in the folder whose name ends with `suffix`, in order."""
        return dict(sorted(self._try(lambda: self._sizes(suffix)).items()))

    def _sizes(self, suffix: str) -> dict[str, int]:
        system = self.folder.fs
        system.invalidate_cache(self.folder.path)
        try:
            entries = system.ls(self.folder.path, detail=True)
        except FileNotFoundError:
            return {}
        named = {entry["name"].rstrip("/").rpartition("/")[2]: entry for entry in entries}
        return {
            name: entry["size"]
            for name, entry in named.items()
            if name.endswith(suffix) and entry["type"] == "file"
        }

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """A file's bytes, or a part of them."""
        whole = start == 0 and end is None
        part = {} if whole else {"start": start, "end": end}
        return self._try(lambda: self._read(name, **part))

    def _read(self, name: str, **part: int | None) -> bytes:
        system, path = self.folder.fs, self._path(name)
        try:
            return bytes(system.cat_file(path, **part))
        except FileNotFoundError:  # s3fs believes the listing that it made before
            system.invalidate_cache(path.rpartition("/")[0])
            return bytes(system.cat_file(path, **part))

    def read_all(self, names: Sequence[str]) -> dict[str, bytes]:
        """Many files' bytes, asked for side by side; those that are gone are left out."""
        return self._try(lambda: self._read_all(names)) if names else {}

    def _read_all(self, names: Sequence[str]) -> dict[str, bytes]:
        paths = {self._path(name): name for name in names}
        found = self.folder.fs.cat(list(paths), on_error="return")
        read = {}
        for path, name in paths.items():
            content = found.get(path)
            if isinstance(content, bytes):
                read[name] = content
            elif content and not isinstance(content, FileNotFoundError):
                raise content
        return read

    def write(self, name: str, content: bytes) -> None:
        """Write a file that readers see whole or not at all."""
        self._try(lambda: self._write(name, content))

    def _write(self, name: str, content: bytes) -> None:
        if not self.is_local:
            self.folder.fs.pipe_file(self._path(name), content)
            return
        self._write_here(name, content, os.replace)

    def _write_here(self, name: str, content: bytes, put: Callable[[str, str], None]) -> None:
        with part_of(Path(self._path(name))) as (part, stream):
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            put(str(part), self._path(name))

    def put_file(self, source: Path, name: str) -> None:
        """Send a local file, which readers see when all of it is there."""
        self._try(lambda: self.folder.fs.put_file(str(source), self._path(name)))

    def create(self, name: str, content: bytes) -> bool:
        """Write a file that is not there yet; False when it is: of many callers one gets True."""

        def put() -> bool:
            try:
                self._put_new(name, content)
            except FileExistsError:
                try:  # an answer that was lost, then tried again
                    return self.read(name) == content
                except FileNotFoundError:
                    return False  # another's, who has taken it away since
            return True

        return self._try(put)

    def _put_new(self, name: str, content: bytes) -> None:
        if self.is_local:
            self._write_here(name, content, os.link)
            return
        try:
            self.folder.fs.pipe_file(self._path(name), content, mode="create")
        except OSError as error:
            if is_there_already(error):
                raise FileExistsError(self._path(name)) from error
            raise

    def delete(self, name: str) -> None:
        """Remove a file; one that is gone is no error."""
        with contextlib.suppress(FileNotFoundError):
            self._try(lambda: self.folder.fs.rm_file(self._path(name)))

    def _path(self, name: str) -> str:
        return f"{self.folder.path.rstrip('/')}/{name}"

    def _try(self, action: Callable[[], Outcome]) -> Outcome:
        patient = Retrying(
            retry=retry_if_exception(is_passing),
            wait=wait_random_exponential(multiplier=0.2, max=MOST_WAIT_S),
            stop=stop_after_delay(self._patience_s),
            before_sleep=self._say,
            reraise=True,
        )
        try:
            outcome = patient(action)
        except (OSError, BotoCoreError) as error:
            if not is_passing(error) and getattr(error, "errno", None) not in FULL:
                raise
            self._patience_s = 0
            raise unavailable(self.folder, error) from error
        self._patience_s = self.limit_s
        return outcome

    def _say(self, state: RetryCallState) -> None:
        if state.attempt_number == 1 and state.outcome:
            say("store", f"{self.folder}: {state.outcome.exception()}; trying again")


@contextlib.contextmanager
def part_of(place: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A hidden file beside `place`, to fill and to put there; it is gone when the context ends."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.{os.urandom(4).hex()}.part")
    try:
        with part.open("wb") as stream:
            yield part, stream
    finally:
        part.unlink(missing_ok=True)


def is_local(path: UPath) -> bool:
    """Whether `path` lies in this machine's file system."""
    return path.protocol in ("", "file", "local")


def unavailable(folder: UPath, error: BaseException) -> Unavailable:
    """What to tell when a folder cannot be written or read."""
    if getattr(error, "errno", None) in FULL:
        return Unavailable(
            f"{folder}: the disk is full; free some space and start the same command again, "
            "it goes on where it was"
        )
    return Unavailable(f"{folder}: {error}; start the same command again when the store is back")
