"""Each attempt at a stage is kept in the run, those that failed or were killed too."""

import contextlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from upath import UPath

from littlegiants.errors import LittleGiantsError
from pipelines.step_progress import say
from pipelines.storage.atomic_writes import whole_file

KILLED = "ended without a word: killed, evicted, or out of memory"
Attempt = dict[str, Any]


@contextlib.contextmanager
def attempt_kept(folder: UPath, name: str) -> Iterator[None]:
    """Keeps when an attempt at stage `name` began, how long it took and what it failed with.

    One that is still without an end when the next begins was killed; its seconds are not known.
    """
    path, began = _path(folder, name), time.monotonic()
    earlier = [_killed(each) if each["outcome"] == "running" else each for each in read(path)]
    started = datetime.now(UTC).isoformat(timespec="seconds")
    attempt: Attempt = {"attempt": len(earlier) + 1, "started": started, "outcome": "running"}
    _write(path, [*earlier, attempt])
    try:
        yield
    except BaseException as error:
        told = {"outcome": "failed", **failure(error)}
        _write(path, [*earlier, {**attempt, **told, "seconds": _since(began)}])
        raise
    _write(path, [*earlier, {**attempt, "outcome": "done", "seconds": _since(began)}])


def failed_attempts(folder: UPath, name: str) -> list[Attempt]:
    """The attempts at a stage that failed or were killed, the oldest first."""
    return [each for each in read(_path(folder, name)) if each["outcome"] in ("failed", "killed")]


def failure(error: BaseException) -> dict[str, str]:
    """An error's kind and message."""
    return {"error": type(error).__name__, "message": str(error)}


def read(path: UPath) -> list[Attempt]:
    """The attempts in a file; none where there is no file, or a torn one."""
    if not path.exists():
        return []
    with contextlib.suppress(ValueError):
        return list(json.loads(path.read_text(encoding="utf-8")))
    return []


def _killed(attempt: Attempt) -> Attempt:
    return {**attempt, "outcome": "killed", "error": "Killed", "message": KILLED}


def _since(began: float) -> float:
    return round(time.monotonic() - began, 1)


def _path(folder: UPath, name: str) -> UPath:
    return folder / "stages" / f"{name}.attempts.json"


def _write(path: UPath, attempts: list[Attempt]) -> None:
    """What goes wrong in keeping an attempt must not hide what went wrong in the attempt."""
    try:
        with whole_file(path) as stream:
            stream.write(json.dumps(attempts, indent=1).encode())
    except (OSError, LittleGiantsError) as error:
        say("attempts", f"{path}: not kept ({error})")
