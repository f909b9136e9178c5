"""A stage is one process's at a time: a lock on a disk, a lease in an object store."""

import contextlib
from collections.abc import Iterator

from filelock import FileLock, Timeout
from upath import UPath

from littlegiants.heartbeat import doing
from pipelines.step_progress import say
from pipelines.storage.leases import EXPIRY_S, Lease, busy
from pipelines.storage.store import Store

WAIT_S = 600.0


@contextlib.contextmanager
def claimed(folder: UPath, name: str, *, wait_s: float = WAIT_S) -> Iterator[Lease | None]:
    """The right to stage `name` of the run in `folder`; waits for another process that has it.

    Raises Unavailable when that takes longer than `wait_s`; of 0 nothing is said.
    """
    if not Store(folder).is_local:
        lease = Lease(Store(folder / "claims" / name, limit_s=EXPIRY_S))
        lease.take(wait_s=wait_s)
        try:
            yield lease
        finally:
            lease.release()
        return
    path = folder / "claims" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.path)
    try:
        _acquire(lock, wait_s)
    except Timeout as error:
        raise busy(str(path), "another process") from error
    try:
        yield None
    finally:
        lock.release()


def _acquire(lock: FileLock, wait_s: float) -> None:
    """Lock it; raises Timeout when another process has it for longer than `wait_s`."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not wait_s:
            raise
        say("claim", f"{lock.lock_file}: another process is at work on it; waiting")
        with doing("waiting for another process"):
            lock.acquire(timeout=wait_s)
