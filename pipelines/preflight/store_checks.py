"""Checks of the store: can the run's folder be written, does it keep what leases rely on?"""

from collections.abc import Iterator
from contextlib import suppress

from upath import UPath

from littlegiants.errors import Unavailable
from pipelines.preflight.findings import Finding, Note, Problem, Start, problem_of
from pipelines.storage.promises import REMEDY, broken_promise
from pipelines.storage.store import Store

LIMIT_S, ELSEWHERE_S = 10.0, 0.0
"""How long a store may be away; shorter where another machine's may be out of reach."""
PROBE = "preflight-probe"


def store_keeps_what_is_written(start: Start) -> Iterator[Finding]:
    """New files are made once, read, listed and removed; nothing of it stays."""
    yield from _looked_at(start, "run", start.work.run.folder)
    if start.work.channel:
        yield from _looked_at(start, "channel", UPath(start.work.channel))


def _looked_at(start: Start, field: str, folder: UPath) -> Iterator[Finding]:
    store = Store(folder / PROBE, limit_s=ELSEWHERE_S if start.is_elsewhere else LIMIT_S)
    if start.is_elsewhere and store.is_local:
        yield Note(f"{field}: {folder} is looked at where the run's machines have it")
        return
    made = _first_to_be_made(folder) if store.is_local else None
    try:
        broken = broken_promise(store)
    except Unavailable as error:
        yield problem_of(error, field)
    except OSError as error:
        yield Problem(
            f"{field}: {folder} cannot be written ({error}); name a folder or bucket that is there "
            "and that this user may write to"
        )
    else:
        if broken:
            yield Problem(f"{field}: the store of {folder} {broken}; {REMEDY}")
    finally:
        if store.is_local:
            _tidy(store.folder, made)


def _first_to_be_made(folder: UPath) -> UPath | None:
    """The highest folder of a run's path that is not there yet."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    return missing[-1] if missing else None


def _tidy(probe: UPath, made: UPath | None) -> None:
    """Remove the folders that the probe made."""
    for folder in (probe, *probe.parents) if made else (probe,):
        with suppress(OSError):
            folder.rmdir()
        if folder == made:
            return
