"""Reservations for whole files of requests: they outlive the process that made them."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from upath import UPath

from pipelines.budget.usage import Total, Usage, less
from pipelines.journal import Journal
from pipelines.journal.segments import SUFFIX
from pipelines.storage.store import Store

SETTLED = "/settled"
ITEM = "/item/"
Entries = Iterable[tuple[str, Mapping[str, Any]]]


class Reservations:
    """A run's reservations and what became of them, its own and those of other processes.

    One that a crash left open counts in full: its requests may have been paid for.
    """

    def __init__(self, folder: UPath) -> None:
        self._folder, self._journal = folder, Journal(folder)
        self.stages: dict[str, Total] = {}
        self._open: dict[str, tuple[str, Usage]] = {}
        self._entries: set[str] = set()
        self._sizes = Store(folder).sizes(SUFFIX)
        self.take_in(self._journal.items())

    def unread(self) -> Entries:
        """What is stored, if other processes have stored something since this was asked last."""
        sizes = Store(self._folder).sizes(SUFFIX)
        if sizes == self._sizes:
            return []
        self._sizes = sizes
        return list(Journal(self._folder).items())

    def take_in(self, entries: Entries) -> None:
        """Book what is not booked yet."""
        for name, value in sorted(entries, key=lambda each: order(each[0])):
            if name not in self._entries:
                self._entries.add(name)
                self._replay(name, value)

    def _replay(self, name: str, value: Mapping[str, Any]) -> None:
        if name.endswith(SETTLED):
            self._close(name.removesuffix(SETTLED), Usage(**value))
        elif ITEM in name:
            self._take_item(name, Usage(**value["most"]), Usage(**value["actual"]))
        else:
            stage = value["stage"]
            self._set_aside(name, stage, Usage(**{k: v for k, v in value.items() if k != "stage"}))

    def add(self, most: Usage, stage: str) -> str:
        """Set `most` aside; gives the reservation's name."""
        name = uuid.uuid4().hex
        self._keep(name, {**asdict(most), "stage": stage})
        return name

    def settle(self, name: str, actual: Usage) -> None:
        """Replace what is left of a reservation by `actual`."""
        self._keep(name + SETTLED, asdict(actual))

    def settle_item(self, name: str, item: str, *, most: Usage, actual: Usage) -> None:
        """Replace one request's part of a reservation by its cost; once, however often."""
        entry = f"{name}{ITEM}{item}"
        if entry not in self._entries and name in self._open:
            self._keep(entry, {"most": asdict(most), "actual": asdict(actual)})

    def is_open(self, name: str) -> bool:
        """Whether a reservation is not settled yet."""
        return name in self._open

    async def store_when_due(self) -> None:
        """Store what has waited long enough."""
        await self._journal.store_when_due()

    def store(self) -> None:
        """Store what is not stored yet."""
        self._journal.store()

    def close(self) -> None:
        """The same, for the last time."""
        self._journal.close()

    def _keep(self, entry: str, value: Mapping[str, Any]) -> None:
        self._journal.add(entry, dict(value))
        self._entries.add(entry)
        self._replay(entry, value)

    def _set_aside(self, name: str, stage: str, most: Usage) -> None:
        self._open[name] = (stage, most)
        self._book(stage, most)

    def _close(self, name: str, actual: Usage) -> None:
        stage, left = self._open.pop(name)
        self._book(stage, left, -1)
        self._book(stage, actual)

    def _take_item(self, entry: str, most: Usage, actual: Usage) -> None:
        name = entry.partition(ITEM)[0]
        stage, left = self._open.pop(name)
        self._book(stage, left, -1)
        self._set_aside(name, stage, less(left, most))
        self._book(stage, actual)

    def _book(self, stage: str, usage: Usage, sign: int = 1) -> None:
        self.stages.setdefault(stage, Total()).add(usage, sign)


def order(entry: str) -> int:
    """Reservations before their items, those before the settlement, in whatever order stored."""
    return 2 if entry.endswith(SETTLED) else int(ITEM in entry)
