"""The budget's ledger: a small file for each process of what it may spend until it writes."""

import json
import threading
import uuid
from collections.abc import Iterable

from upath import UPath

from pipelines.budget.block import Totals
from pipelines.budget.usage import Total
from pipelines.storage.store import Store

SUFFIX = ".account"


class Ledger:
    """The accounts of a run; this process writes its own, whole, and reads the others'."""

    def __init__(self, folder: UPath) -> None:
        self._store, self._name = Store(folder), uuid.uuid4().hex + SUFFIX
        self._written: Totals = {}
        self._lock = threading.Lock()

    def write(self, totals: Totals) -> None:
        """Put this process's account in the place of what it wrote before."""
        with self._lock:
            if totals != self._written:
                told = {stage: total.counts for stage, total in totals.items()}
                self._store.write(self._name, json.dumps(told).encode())
                self._written = totals

    def others(self) -> Totals:
        """What the other processes, also those that have ended, may have spent."""
        names = [name for name in self._store.sizes(SUFFIX) if name != self._name]
        return summed(_totals(content) for content in self._store.read_all(names).values())


def summed(parts: Iterable[Totals]) -> dict[str, Total]:
    """The sums of all parts."""
    found: dict[str, Total] = {}
    for part in parts:
        for stage, total in part.items():
            found[stage] = total.plus(found.get(stage, Total()))
    return found


def _totals(content: bytes) -> Totals:
    return {stage: Total(counts) for stage, counts in json.loads(content).items()}
