"""The teacher's budget: reserved before a request, settled after it, never passed."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from upath import UPath

from littlegiants.errors import OverBudget
from pipelines.journal import Journal

SETTLED = "/settled"
ITEM = "/item/"
PICO = 10**12
"""Money is added up in whole picodollars: sums of floats depend on their order."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was spent; `dollars` is None when no price is known."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dollars: float | None = None

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: "Usage") -> "Usage":
        dollars = [u.dollars for u in (self, other) if u.dollars is not None]
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            sum(dollars) if dollars else None,
        )


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that a run or a stage may spend; None is no cap."""

    calls: int | None = None
    tokens: int | None = None
    dollars: float | None = None

    def first_passed(self, usage: Usage) -> str | None:
        """Name of the first cap that `usage` is over."""
        spent = {"calls": usage.calls, "tokens": usage.tokens, "dollars": usage.dollars or 0.0}
        caps = asdict(self)
        return next(
            (name for name in spent if caps[name] is not None and spent[name] > caps[name]), None
        )


@dataclass(slots=True)
class Total:
    """A sum of usages from which one can be taken away again, exactly."""

    counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    priced: int = 0

    def add(self, usage: Usage, sign: int = 1) -> None:
        """Add `usage`, or with sign -1 take it away."""
        money = round((usage.dollars or 0.0) * PICO)
        parts = (usage.calls, usage.prompt_tokens, usage.completion_tokens, money)
        self.counts = [a + sign * b for a, b in zip(self.counts, parts, strict=True)]
        self.priced += sign * (usage.dollars is not None)

    def usage(self) -> Usage:
        """The sum."""
        calls, prompt, completion, money = self.counts
        return Usage(calls, prompt, completion, money / PICO if self.priced > 0 else None)


class Budget:
    """A run's ledger of reservations and what became of them; caps for the run and its stages.

    A reservation that a crash left open counts in full: the request may have been paid for.
    One process writes at a time; the graph runs the teacher's steps one after another.
    """

    def __init__(
        self, folder: UPath, caps: Caps, stage_caps: Mapping[str, Caps] | None = None
    ) -> None:
        self._ledger = Journal(folder, interval_s=0)
        self._caps, self._stage_caps = caps, stage_caps or {}
        self._all, self._stages = Total(), dict[str, Total]()
        self._open: dict[str, tuple[str, Usage]] = {}
        self._items: set[str] = set()
        for name, value in sorted(self._ledger.values.items(), key=lambda entry: order(entry[0])):
            self._replay(name, value)

    def _replay(self, name: str, value: Mapping[str, Any]) -> None:
        if name.endswith(SETTLED):
            self._close(name.removesuffix(SETTLED), Usage(**value))
        elif ITEM in name:
            self._take_item(name, Usage(**value["most"]), Usage(**value["actual"]))
        else:
            stage = value["stage"]
            self._set_aside(name, stage, Usage(**{k: v for k, v in value.items() if k != "stage"}))

    @property
    def spent(self) -> Usage:
        """What was paid and what open reservations may still cost."""
        return self._all.usage()

    def spent_by(self, stage: str) -> Usage:
        """The same of one stage."""
        return self._stages.get(stage, Total()).usage()

    def reserve(self, most: Usage, stage: str = "") -> str:
        """Set `most` aside for one request, or one file of them; gives the reservation's name.

        Raises OverBudget when a cap would be passed; then nothing is reserved.
        """
        self._check("teacher.caps", self._caps, self.spent + most, most)
        if stage in self._stage_caps:
            total, field = self.spent_by(stage) + most, f"teacher.stage_caps.{stage}"
            self._check(field, self._stage_caps[stage], total, most)
        name = uuid.uuid4().hex
        self._ledger.append(name, {**asdict(most), "stage": stage})
        self._set_aside(name, stage, most)
        return name

    def _check(self, field: str, caps: Caps, total: Usage, most: Usage) -> None:
        passed = caps.first_passed(total)
        if passed:
            raise OverBudget(
                f"{field}.{passed}: with the next request, which may cost {most}, {total} would "
                f"be spent; raise the cap ({caps}) and start the same command again"
            )

    def settle(self, name: str, actual: Usage) -> None:
        """Replace a reservation, or what is left of it, by what the request cost."""
        self._ledger.append(name + SETTLED, asdict(actual))
        self._close(name, actual)

    def settle_item(self, name: str, item: str, *, most: Usage, actual: Usage) -> None:
        """Replace one request's part of a file's reservation by its cost; once, however often."""
        entry = f"{name}{ITEM}{item}"
        if entry not in self._items and name in self._open:
            self._ledger.append(entry, {"most": asdict(most), "actual": asdict(actual)})
            self._take_item(entry, most, actual)

    def is_open(self, name: str) -> bool:
        """Whether a reservation is not settled yet."""
        return name in self._open

    def close(self) -> None:
        """Store what an object store has not got yet."""
        self._ledger.close()

    def _set_aside(self, name: str, stage: str, most: Usage) -> None:
        self._open[name] = (stage, most)
        self._book(stage, most)

    def _close(self, name: str, actual: Usage) -> None:
        stage, left = self._open.pop(name)
        self._book(stage, left, -1)
        self._book(stage, actual)

    def _take_item(self, entry: str, most: Usage, actual: Usage) -> None:
        self._items.add(entry)
        name = entry.partition(ITEM)[0]
        stage, left = self._open.pop(name)
        self._book(stage, left, -1)
        self._set_aside(name, stage, less(left, most))
        self._book(stage, actual)

    def _book(self, stage: str, usage: Usage, sign: int = 1) -> None:
        self._all.add(usage, sign)
        self._stages.setdefault(stage, Total()).add(usage, sign)


def order(entry: str) -> int:
    """Reservations before their items, those before the settlement, in whatever order stored."""
    return 2 if entry.endswith(SETTLED) else int(ITEM in entry)


def less(usage: Usage, taken: Usage) -> Usage:
    """What is left of `usage`."""
    dollars = None if usage.dollars is None else usage.dollars - (taken.dollars or 0.0)
    return Usage(
        usage.calls - taken.calls,
        usage.prompt_tokens - taken.prompt_tokens,
        usage.completion_tokens - taken.completion_tokens,
        dollars,
    )
