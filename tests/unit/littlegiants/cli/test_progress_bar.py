"""The line that shows how far a command has come."""

import io

import pytest

from littlegiants.cli.progress_bar import Meter, clock, meter_line
from littlegiants.progress import Progress


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (
            Progress(5, 4, {"no_json": 1}, total=10, seconds=2),
            " 50% |##########          | 5/10  2.5/s  00:02 left  4 valid, 1 no_json",
        ),
        (Progress(3, 3, seconds=90), "3 done in 01:30  0.0/s  3 valid"),
        (
            Progress(10, 3, {"rare": 2, "often": 5}, total=10, seconds=5),
            "100% |####################| 10/10  2.0/s  00:00 left  3 valid, 5 often, 2 rare",
        ),
        (Progress(total=7), "  0% |                    | 0/7  0.0/s  0 valid"),
    ],
    ids=["half", "no total", "done", "nothing yet"],
)
def test_tells_share_rate_time_left_and_reasons(progress: Progress, line: str) -> None:
    assert meter_line(progress) == line


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "00:00"), (61, "01:01"), (3600 * 25 + 62, "25:01:02")]
)
def test_a_clock_has_hours_when_it_needs_them(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_is_not_drawn_for_every_item_but_at_the_end() -> None:
    stream = io.StringIO()
    meter = Meter(stream)
    for done in range(1, 1001):
        meter(Progress(done, done, total=1000, seconds=1))
    meter.end()
    drawn = stream.getvalue()
    assert drawn.count("\r") < 20
    assert "1000/1000" in drawn and drawn.endswith("\n")
