"""A difference is shown, refuted or left open by its interval."""

import pytest

from pipelines.data.intervals import counted
from pipelines.studies.paired import of_shares, paired


@pytest.mark.parametrize(
    ("better", "verdict"),
    [
        ([0.5, 0.6, 0.7], "shown"),
        ([0.3, 0.4, 0.5], "refuted"),
        ([0.3, 0.6, 0.6], "not shown"),
    ],
)
def test_a_step_is_shown_refuted_or_left_open(better: list[float], verdict: str) -> None:
    assert paired(better, [0.4, 0.51, 0.59]).verdict == verdict


def test_the_interval_is_students_over_the_pairs_differences() -> None:
    found = paired([0.3, 0.5], [0.2, 0.2])
    # differences 0.1 and 0.3: mean 0.2, standard error 0.1, 12.706 degrees' quantile
    assert (found.mean, found.low) == pytest.approx((0.2, 0.2 - 1.2706), abs=1e-4)


def test_one_seed_shows_nothing() -> None:
    found = paired([0.9], [0.1])
    assert (found.low, found.high, found.verdict) == (-1, 1, "not shown")


def test_shares_differ_by_newcombes_interval() -> None:
    # Newcombe (1998), table II, method 10: 56/70 and 48/80
    found = of_shares(counted(56, 70), counted(48, 80))
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert found.verdict == "shown"
