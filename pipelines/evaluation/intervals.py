"""How far a mean over queries may be off: bootstrap intervals, of one model and of a difference."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import bootstrap

Interval = tuple[float, float]
RESAMPLES, AT_ONCE = 2000, 50


def mean_interval(values: Sequence[float]) -> Interval | None:
    """95 % percentile interval of the mean of `values` (Efron, 1979); None for fewer than two."""
    if len(values) < 2:
        return None
    if min(values) == max(values):
        return float(values[0]), float(values[0])
    found = bootstrap(
        (np.asarray(values, dtype=float),),
        np.mean,
        n_resamples=RESAMPLES,
        batch=AT_ONCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(found.low), float(found.high)


def difference_interval(
    one: Mapping[str, float], other: Mapping[str, float]
) -> tuple[float, float, float] | None:
    """Mean of `one` over that of `other` on the queries of both, with its 95 % interval.

    Paired: both answered the same queries, so what is hard for both does not widen it.
    """
    gains = [one[query] - other[query] for query in one if query in other]
    interval = mean_interval(gains)
    return (float(np.mean(gains)), *interval) if interval else None
