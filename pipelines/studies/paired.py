"""Paired differences over seeds, with their interval, and what they say of an expected step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from scipy.stats import t

from pipelines.data.intervals import CountedShare

LEVEL = 0.975
"""Of a two-sided 95 % interval."""
SHOWN, REFUTED, OPEN = "shown", "refuted", "not shown"


@dataclass(frozen=True, slots=True)
class Difference:
    """Of two means, with a 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """What it says of the claim that it is above 0."""
        if self.low > 0:
            return SHOWN
        return REFUTED if self.high < 0 else OPEN


def paired(better: Sequence[float], worse: Sequence[float]) -> Difference:
    """Student's interval of the mean difference, seed by seed; one seed says nothing."""
    gains = [one - other for one, other in zip(better, worse, strict=True)]
    mean = fmean(gains)
    if len(gains) < 2:
        return Difference(mean, -1.0, 1.0)
    reach = float(t.ppf(LEVEL, len(gains) - 1)) * stdev(gains) / math.sqrt(len(gains))
    return Difference(mean, mean - reach, mean + reach)


def of_shares(better: CountedShare, worse: CountedShare) -> Difference:
    """Newcombe's interval of the difference of two shares (1998, method 10), from Wilson's."""
    one, other = (each.count / each.total if each.total else 0.5 for each in (better, worse))
    mean = one - other
    down = math.hypot(one - better.low, worse.high - other)
    up = math.hypot(better.high - one, other - worse.low)
    return Difference(mean, mean - down, mean + up)
