"""The teacher's budget: reserved before a request, settled after it, never passed."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from upath import UPath

from littlegiants.errors import OverBudget
from pipelines.journal import Journal

SETTLED = "/settled"


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
    """The most that a run may spend; None is no cap."""

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


class Budget:
    """A run's ledger of reservations and what became of them.

    A reservation that a crash left open counts in full: the request may have been paid for.
    One process writes at a time; the graph runs the teacher's steps one after another.
    """

    def __init__(self, folder: UPath, caps: Caps) -> None:
        self._ledger = Journal(folder, interval_s=0)
        self._caps = caps
        entries = {name: Usage(**value) for name, value in self._ledger.values.items()}
        self._open = {name: usage for name, usage in entries.items() if is_open(name, entries)}
        self._settled = sum((u for name, u in entries.items() if name.endswith(SETTLED)), Usage())

    @property
    def spent(self) -> Usage:
        """What was paid and what open reservations may still cost."""
        return sum(self._open.values(), self._settled)

    def reserve(self, most: Usage) -> str:
        """Set `most` aside for one request and return the reservation's name.

        Raises OverBudget when a cap would be passed; then nothing is reserved.
        """
        passed = self._caps.first_passed(self.spent + most)
        if passed:
            raise OverBudget(
                f"teacher.caps.{passed}: {self.spent} is spent, the next request may cost {most}; "
                f"raise the cap ({self._caps}) and start the same command again"
            )
        name = uuid.uuid4().hex
        self._ledger.append(name, asdict(most))
        self._open[name] = most
        return name

    def settle(self, name: str, actual: Usage) -> None:
        """Replace a reservation by what the request cost."""
        self._ledger.append(name + SETTLED, asdict(actual))
        del self._open[name]
        self._settled += actual

    def close(self) -> None:
        """Store what an object store has not got yet."""
        self._ledger.close()


def is_open(name: str, entries: Mapping[str, Usage]) -> bool:
    """Whether `name` is a reservation without its settlement."""
    return not name.endswith(SETTLED) and name + SETTLED not in entries
