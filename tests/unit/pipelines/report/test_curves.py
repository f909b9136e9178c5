"""Lines stay inside their plot, ticks are round, and a log with gaps still draws."""

import re

import pytest

from pipelines.report.curves import ROWS_SHOWN, curve


def test_ticks_are_round_and_hold_the_whole_line() -> None:
    drawn = curve([{"step": n, "loss": 2.31 - n / 50} for n in range(1, 69)], "loss")
    assert drawn is not None
    assert [tick.label for tick in drawn.y_ticks] == ["0.5", "1", "1.5", "2", "2.5"]
    assert [tick.at for tick in drawn.y_ticks] == [100, 75, 50, 25, 0]
    assert all(0 <= float(number) <= 100 for number in re.findall(r"[\d.]+", drawn.line))


@pytest.mark.parametrize(
    "values", [[1.0], [2.0, 2.0], [0.0, 0.0], [-3.0, 4.0], [1e-9, 2e-9], [1e9, 3e12]]
)
def test_any_range_of_values_draws(values: list[float]) -> None:
    drawn = curve([{"step": n, "loss": value} for n, value in enumerate(values)], "loss")
    assert drawn is not None
    assert 2 <= len(drawn.y_ticks) <= 7
    assert 0 <= drawn.end[1] <= 100


def test_accuracy_runs_from_0_to_1() -> None:
    drawn = curve([{"step": 1, "accuracy": 0.5}, {"step": 2, "accuracy": 0.6}], "accuracy")
    assert drawn is not None
    assert (drawn.y_ticks[0].label, drawn.y_ticks[-1].label) == ("0", "1")


def test_a_record_without_a_step_counts_by_its_place() -> None:
    drawn = curve([{"loss": 3.0}, {"loss": 2.0}], "loss")
    assert drawn is not None
    assert (drawn.first, drawn.last) == ((1, 3.0), (2, 2.0))


def test_a_step_without_the_measure_is_no_unusable_value() -> None:
    drawn = curve([{"step": 1, "margin": None}, {"step": 2, "margin": 0.1}], "margin")
    assert drawn is not None
    assert (drawn.point_count, drawn.unusable_count) == (1, 0)


def test_a_measure_that_was_not_logged_has_no_line() -> None:
    assert curve([{"step": 1, "loss": 1.0}], "margin") is None
    assert curve([{"step": 1, "loss": float("inf")}], "loss") is None


def test_only_a_long_log_is_averaged_and_thinned() -> None:
    short = curve([{"step": n, "loss": 1.0} for n in range(5)], "loss")
    long = curve([{"step": n, "loss": 1.0 * (n % 2)} for n in range(1000)], "loss")
    assert short is not None
    assert long is not None
    assert not short.average
    assert long.average
    assert len(long.rows) == ROWS_SHOWN
    assert (long.rows[0], long.rows[-1]) == ((0, 0.0), (999, 1.0))
    assert long.point_count == 1000
