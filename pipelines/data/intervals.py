"""Intervals of shares: how far a share that was counted on few things can be off."""

import math
from dataclasses import dataclass

Z_95 = 1.959964
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class CountedShare:
    """`count` of `total`, and the interval of that share; where nothing was counted, 0 to 1."""

    count: int
    total: int
    low: float
    high: float


def counted(count: int, total: int) -> CountedShare:
    """The share with its interval."""
    return CountedShare(count, total, *(wilson(count, total) if total else (0.0, 1.0)))


def wilson(hits: float, trials: float) -> tuple[float, float]:
    """95 % interval of a share (Wilson, 1927): honest for few trials and near 0 or 1.

    Steps tell it that have no scipy in their image; a test compares the two.
    """
    share, spread = hits / trials, Z_95**2 / trials
    centre = share + spread / 2
    reach = Z_95 * math.sqrt(share * (1 - share) / trials + spread / trials / 4)
    return max(0, (centre - reach) / (1 + spread)), min(1, (centre + reach) / (1 + spread))
