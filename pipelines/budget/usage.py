"""Usage: what requests cost, the most that they may cost, and exact sums of both."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipelines.recipe.prices import Price

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
        if self.calls is not None and usage.calls > self.calls:
            return "calls"
        if self.tokens is not None and usage.tokens > self.tokens:
            return "tokens"
        is_passed = self.dollars is not None and (usage.dollars or 0.0) > self.dollars
        return "dollars" if is_passed else None


@dataclass(slots=True)
class Total:
    """A sum of usages from which one can be taken away again, exactly."""

    counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0])
    """Calls, prompt tokens, completion tokens, picodollars, and usages that had a price."""

    def add(self, usage: Usage, sign: int = 1) -> None:
        """Add `usage`, or with sign -1 take it away."""
        money = round((usage.dollars or 0.0) * PICO)
        has_price = usage.dollars is not None
        parts = (usage.calls, usage.prompt_tokens, usage.completion_tokens, money, has_price)
        self.counts = [a + sign * b for a, b in zip(self.counts, parts, strict=True)]

    def plus(self, *others: "Total") -> "Total":
        """The sum with others."""
        columns = zip(self.counts, *(other.counts for other in others), strict=True)
        return Total([sum(column) for column in columns])

    def times(self, factor: float) -> "Total":
        """So many times as much, rounded up."""
        return Total([-int(-count * factor // 1) for count in self.counts])

    def within(self, other: "Total") -> "Total":
        """The less of both, part by part."""
        return Total([min(a, b) for a, b in zip(self.counts, other.counts, strict=True)])

    def covers(self, other: "Total") -> bool:
        """Whether no part of `other` is more."""
        return all(a >= b for a, b in zip(self.counts[:4], other.counts[:4], strict=True))

    def usage(self) -> Usage:
        """The sum."""
        calls, prompt, completion, money, priced = self.counts
        return Usage(calls, prompt, completion, money / PICO if priced > 0 else None)


def total_of(usages: Iterable[Usage]) -> Total:
    """The sum of many."""
    total = Total()
    for usage in usages:
        total.add(usage)
    return total


def less(usage: Usage, taken: Usage) -> Usage:
    """What is left of `usage`."""
    dollars = None if usage.dollars is None else usage.dollars - (taken.dollars or 0.0)
    return Usage(
        usage.calls - taken.calls,
        usage.prompt_tokens - taken.prompt_tokens,
        usage.completion_tokens - taken.completion_tokens,
        dollars,
    )


def usage_of(price: Price | None, prompt: int, completion: int, *, batch: bool = False) -> Usage:
    """One call's usage with its dollars; None where no price is known."""
    if price is None:
        return Usage(1, prompt, completion)
    dollars = (prompt * price.prompt + completion * price.completion) / 1e6
    return Usage(1, prompt, completion, dollars * (price.batch if batch else 1.0))
