"""A stage is one process's at a time: a lock on a disk, a lease in an object store.

A lease is a numbered file that its holder writes again every few seconds. Who sees it unchanged for
longer by its own clock creates the next number, which a store grants to one only; clocks of two
machines are never compared.
"""

import contextlib
import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Iterator

import psutil
from filelock import FileLock, Timeout
from upath import UPath

from littlegiants.errors import LittleGiantsError, Unavailable
from pipelines.progress import say
from pipelines.stores import Store

BEAT_S, EXPIRY_S = 5.0, 20.0
"""How often a holder shows that it lives, and for how long it may not."""
WAIT_S = 600.0
LOOK_S = 1.0


class Lease:
    """One process's right to a stage in an object store."""

    def __init__(
        self, folder: UPath, *, beat_s: float = BEAT_S, expiry_s: float = EXPIRY_S
    ) -> None:
        self._store = Store(folder, limit_s=expiry_s)
        self._beat_s, self._expiry_s = beat_s, expiry_s
        self._number, self._owner, self._beats = 0, uuid.uuid4().hex, 0
        self._released, self._is_lost = threading.Event(), False
        self._beating: threading.Thread | None = None

    def try_take(self) -> str:
        """Take it if it is free; else who has it, and a mark that changes while they live."""
        number, content = self._latest()
        if content is not None and not _is_over(content):
            return content
        return "" if self._take(number + 1) else self._latest()[1] or "another process"

    def take(self, *, wait_s: float) -> None:
        """Take it when it is free, or its holder shows no life any more.

        Raises Unavailable when that takes longer than `wait_s`.
        """
        began = changed = time.monotonic()
        seen = self.try_take()
        if seen:
            say("claim", f"{self._store.folder}: {_holder(seen)} is at work on it; waiting")
        while seen:
            time.sleep(min(LOOK_S, self._beat_s))
            now, current = time.monotonic(), self.try_take()
            if current != seen:
                seen, changed = current, now
            elif now - changed > self._expiry_s and self._take(self._latest()[0] + 1):
                return
            elif now - began > wait_s:
                raise _busy(str(self._store.folder), _holder(seen))

    def check(self) -> None:
        """Raise Unavailable when another process took it over, as this one showed no life."""
        if self._is_lost:
            raise _busy(str(self._store.folder), "another process, which took over,")

    def release(self) -> None:
        """Let go at once."""
        self._released.set()
        if self._beating:
            self._beating.join()
        if self._number and not self._is_lost:
            with contextlib.suppress(LittleGiantsError):  # it expires
                self._store.write(_name(self._number), b"{}")

    def _take(self, number: int) -> bool:
        if not self._store.create(_name(number), self._content()):
            return False
        self._number = number
        for name in self._store.sizes(".lease"):
            if name < _name(number):
                self._store.delete(name)
        self._beating = threading.Thread(target=self._live, daemon=True)
        self._beating.start()
        return True

    def _live(self) -> None:
        while not self._released.wait(self._beat_s):
            with contextlib.suppress(LittleGiantsError):  # who sees no beat takes over
                if self._latest()[0] > self._number:
                    self._is_lost = True
                    return
                self._beats += 1
                self._store.write(_name(self._number), self._content())

    def _latest(self) -> tuple[int, str | None]:
        names = list(self._store.sizes(".lease"))
        if not names:
            return 0, None
        with contextlib.suppress(FileNotFoundError):
            return int(names[-1].partition(".")[0]), self._store.read(names[-1]).decode()
        return self._latest()

    def _content(self) -> bytes:
        who = {"owner": self._owner, "host": platform.node(), "process": os.getpid()}
        return json.dumps({**who, "beats": self._beats}).encode()


@contextlib.contextmanager
def claimed(folder: UPath, name: str, *, wait_s: float = WAIT_S) -> Iterator[Lease | None]:
    """The right to stage `name` of the run in `folder`; waits for another process that has it.

    Raises Unavailable when that takes longer than `wait_s`.
    """
    if not Store(folder).is_local:
        lease = Lease(folder / "claims" / name)
        lease.take(wait_s=wait_s)
        try:
            yield lease
        finally:
            lease.release()
        return
    path = folder / "claims" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(path))
    try:
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=0)
        if not lock.is_locked:
            say("claim", f"{path}: another process is at work on it; waiting")
            lock.acquire(timeout=wait_s)
    except Timeout as error:
        raise _busy(str(path), "another process") from error
    try:
        yield None
    finally:
        lock.release()


def _is_over(content: str) -> bool:
    """Whether a holder let go, or died on this machine."""
    holder = json.loads(content)
    is_here = holder.get("host") == platform.node()
    return not holder or (is_here and not psutil.pid_exists(holder["process"]))


def _holder(content: str) -> str:
    with contextlib.suppress(ValueError, KeyError):
        holder = json.loads(content)
        return f"process {holder['process']} on {holder['host']}"
    return "another process"


def _name(number: int) -> str:
    return f"{number:08}.lease"


def _busy(place: str, who: str) -> Unavailable:
    return Unavailable(f"{place}: {who} is at work on it; start the same command again later")
