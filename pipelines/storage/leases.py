"""A stage of a run in an object store is one process's at a time: who has its lease.

A lease is a numbered file that its holder writes again every few seconds. Who sees it unchanged for
longer by its own clock creates the next number, which a store grants to one only; no two clocks are
compared. A holder that cannot show that it lives gives the stage up before anyone may follow it.
"""

import contextlib
import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Callable

import psutil
from botocore.exceptions import BotoCoreError

from littlegiants.errors import LittleGiantsError, Unavailable
from littlegiants.heartbeat import doing
from pipelines.step_progress import say
from pipelines.storage.store import Store

BEAT_S, EXPIRY_S = 5.0, 60.0
"""How often a holder shows that it lives, and for how long it may not."""
LOOK_S = 1.0
NO_LIFE = "this process could not show that it lives, so perhaps another one"


class Lease:
    """One process's right to a stage in an object store; `on_loss` is called when it is lost."""

    def __init__(self, store: Store, *, beat_s: float = BEAT_S, expiry_s: float = EXPIRY_S) -> None:
        self.on_loss: Callable[[], None] | None = None
        self._store = store
        self._beat_s, self._expiry_s = beat_s, expiry_s
        self._number, self._owner, self._beats = 0, uuid.uuid4().hex, 0
        self._ended, self._writing = threading.Event(), threading.Lock()
        self._shown, self._loss = 0.0, ""

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
        if seen and wait_s:
            say("claim", f"{self._store.folder}: {_holder(seen)} is at work on it; waiting")
        with doing(f"waiting for {_holder(seen)}"):
            while seen:
                time.sleep(min(LOOK_S, self._beat_s))
                now, current = time.monotonic(), self.try_take()
                if current != seen:
                    seen, changed = current, now
                elif now - changed > self._expiry_s and self._take(self._latest()[0] + 1):
                    return
                elif now - began > wait_s:
                    raise busy(str(self._store.folder), _holder(seen))

    def check(self) -> None:
        """Raise Unavailable when this process is no longer, or may no longer be, the only one."""
        if self._left_s() <= 0:
            self._loss = self._loss or NO_LIFE
        if self._loss:
            raise busy(str(self._store.folder), self._loss)

    def release(self) -> None:
        """Let go at once."""
        self._ended.set()
        if not self._number or self._loss or not self._writing.acquire(timeout=self._beat_s):
            return  # it expires
        with contextlib.suppress(LittleGiantsError, OSError, BotoCoreError):
            self._store.write(_name(self._number), b"{}")
        self._writing.release()

    def _take(self, number: int) -> bool:
        began = time.monotonic()
        if not self._store.create(_name(number), self._content()):
            return False
        self._number, self._shown = number, began
        for name in self._store.sizes(".lease"):
            if name < _name(number):
                self._store.delete(name)
        for live in (self._beat, self._watch):
            threading.Thread(target=live, daemon=True).start()
        return True

    def _left_s(self) -> float:
        """Until another process may follow: it counts from when it saw the last beat, or later."""
        return self._shown + self._expiry_s - time.monotonic()

    def _beat(self) -> None:
        """Show every few seconds that this process lives, whatever happened to the last try."""
        is_told = False
        while not self._ended.wait(self._beat_s):
            began = time.monotonic()
            try:
                if self._latest()[0] > self._number:
                    self._lose("another process, which took over,")
                    return
                self._beats += 1
                with self._writing:
                    if not self._ended.is_set():
                        self._store.write(_name(self._number), self._content())
                self._shown = began
            except Exception as error:  # noqa: BLE001 (a thread's edge: to end would be to die)
                if not is_told:
                    say("claim", f"{self._store.folder}: no sign of life: {error}; trying again")
                is_told = True

    def _watch(self) -> None:
        """Give the stage up as soon as another process may follow, also while a beat hangs."""
        while not self._ended.wait(max(0.0, self._left_s())):
            if self._left_s() <= 0:
                self._lose(NO_LIFE)

    def _lose(self, why: str) -> None:
        if not self._ended.is_set():
            self._loss = why
            self._ended.set()
            if self.on_loss:
                self.on_loss()

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


def _is_over(content: str) -> bool:
    """Whether a holder let go, or died on this machine."""
    holder = json.loads(content)
    is_here = holder.get("host") == platform.node()
    return not holder or (is_here and not psutil.pid_exists(holder["process"]))


def _holder(content: str) -> str:
    with contextlib.suppress(ValueError, KeyError):
        return "process {process} on {host}".format(**json.loads(content))
    return "another process"


def _name(number: int) -> str:
    return f"{number:08}.lease"


def busy(place: str, who: str) -> Unavailable:
    """What is raised where another process has a stage."""
    return Unavailable(f"{place}: {who} is at work on it; start the same command again later")
