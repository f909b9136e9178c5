"""The table says of each stage whether it passed, and what it would need at full size."""

from pipelines.forecast.stage_costs import Forecast
from pipelines.rehearsal.attempt import Outcome
from pipelines.rehearsal.table import Line, all_passed, table

PASSED = Line("seed", Outcome(True, 3.2), "9 of 10 valid")
FAILED = Line("embed", Outcome(False, 61.0, "batch_size: 24 is not a multiple of 16"))
FORECAST = Forecast("seed", 25_000, 25_000, 1_000, 2_000, dollars=12.5)


def test_a_stage_stands_beside_its_forecast() -> None:
    row = next(line for line in table([PASSED], [FORECAST]).splitlines() if line.startswith("seed"))
    assert row.split()[:4] == ["seed", "yes", "3", "s"]
    assert "25,000" in row
    assert "12.50" in row


def test_a_failure_tells_its_reason_beneath() -> None:
    told = table([FAILED], [])
    assert "embed failed: batch_size: 24 is not a multiple of 16" in told
    assert any(line.split()[:2] == ["embed", "NO"] for line in told.splitlines())


def test_what_stands_in_is_told() -> None:
    assert "seed: 9 of 10 valid" in table([PASSED], [])


def test_all_has_passed_only_when_all_was_reached() -> None:
    assert all_passed([PASSED])
    assert not all_passed([PASSED, FAILED])
    assert not all_passed([PASSED, Line("report", None)])
    assert "not reached" in table([Line("report", None)], [])


def test_what_is_left_out_is_no_failure() -> None:
    left_out = Line("embed in 4 processes", None, "one process only", is_left_out=True)
    assert all_passed([PASSED, left_out])
    assert "left out" in table([left_out], [])


def test_shards_have_their_forecast_once() -> None:
    shards = [Line(f"seed-{n}", Outcome(True, 1), stage="seed") for n in range(2)]
    told = table(shards, [FORECAST])
    assert told.count("12.50") == 1
    assert "seed-1" in told


def test_a_part_of_a_stage_stands_before_it() -> None:
    forecasts = [Forecast("prepare", 3), Forecast("topics", 150_000), FORECAST]
    lines = [Line("prepare", Outcome(True, 1)), PASSED]
    told = [line.split()[0] for line in table(lines, forecasts).splitlines()[:4]]
    assert told == ["stage", "prepare", "topics", "seed"]
