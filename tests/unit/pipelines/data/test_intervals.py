"""A share's interval is Wilson's."""

import pytest
from scipy.stats import binomtest

from pipelines.data.intervals import counted


@pytest.mark.parametrize(("count", "total"), [(0, 7), (7, 7), (3, 10), (40, 100), (1, 4000)])
def test_an_interval_is_scipys(count: int, total: int) -> None:
    found, theirs = counted(count, total), binomtest(count, total).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_of_nothing_nothing_is_known() -> None:
    assert (counted(0, 0).low, counted(0, 0).high) == (0.0, 1.0)
