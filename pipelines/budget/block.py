"""A block of the budget: calls, tokens and dollars that one process has set aside in advance."""

import time
from collections.abc import Callable, Iterable, Mapping

from pipelines.budget.usage import Total, Usage, total_of

LEAST, MOST = 16, 4096
"""Requests that a block is for."""
LASTS_S = 4.0
"""It is made for so long at the pace of the last one."""
SHARE = 8
"""It takes at most one part in so many of what a cap leaves."""

Totals = Mapping[str, Total]
"""Sums by stage."""
Fits = Callable[[Totals], bool]
"""Whether no cap is passed when this process takes so much."""


class Block:
    """What is set aside, by stage, and how much that is to be the next time."""

    def __init__(self, interval_s: float) -> None:
        self.stages: Totals = {}
        self._interval_s, self._begun = interval_s, -float("inf")
        self._used_up_at, self._taken_count = 0.0, 0
        self._paid, self._paid_count = Total(), 0

    @property
    def wait_s(self) -> float:
        """Until the store may be written to again."""
        return self._begun + self._interval_s - time.monotonic()

    def covers(self, own: Total, stage: str) -> bool:
        """Whether a stage's requests of this process may come to `own`."""
        is_covered = self.stages.get(stage, Total()).covers(own)
        if not is_covered and self._used_up_at < self._begun:
            self._used_up_at = time.monotonic()
        return is_covered

    def take(self) -> None:
        """One request more is under way."""
        self._taken_count += 1

    def learn(self, actual: Usage) -> None:
        """One request's cost: the next block is made for such ones."""
        self._paid.add(actual)
        self._paid_count += 1

    def begin(
        self, own: Totals, waiting: Iterable[tuple[str, Usage]], stage: str, *, fits: Fits
    ) -> Totals:
        """The next block: what is spent, what waits, and room for the next seconds.

        Until the store has it, only what is in both may be used.
        """
        asked, block = list(waiting), {name: total.plus() for name, total in own.items()}
        for name, most in asked:
            larger = {**block, name: block.get(name, Total()).plus(total_of([most]))}
            block = larger if fits(larger) else block
        count = self._paid_count
        each = self._paid.times(1 / count) if count else total_of([asked[0][1]])
        size, least = self._next_size(len(asked)), block.get(stage, Total())
        while size and not fits({**block, stage: least.plus(each.times(SHARE * size))}):
            size //= 2
        block[stage] = least.plus(each.times(size))
        self.stages = {
            name: total.within(block.get(name, Total())) for name, total in self.stages.items()
        }
        return block

    def _next_size(self, waiting_count: int) -> int:
        took_s = self._used_up_at - self._begun
        pace = self._taken_count / took_s if took_s > 0 else 0.0
        self._begun, self._taken_count = time.monotonic(), 0
        return min(MOST, max(LEAST, 2 * waiting_count, round(LASTS_S * pace)))
