"""The table of a rehearsal: whether each stage passed, what it would need at full size."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.forecast.stage_costs import Forecast
from pipelines.forecast.table import HEAD, aligned, row_of
from pipelines.rehearsal.attempt import Outcome

FULL_SIZE = HEAD[1:]


@dataclass(frozen=True, slots=True)
class Line:
    """A stage's outcome, or None where it was not reached; `note` is told beneath the table."""

    name: str
    outcome: Outcome | None
    note: str = ""
    stage: str = ""
    """Its name in the forecast, where that is another: shards have one together."""
    is_left_out: bool = False
    """Whether it was never meant to be reached."""


def table(lines: Sequence[Line], forecasts: Sequence[Forecast]) -> str:
    """The whole table, and beneath it the notes and the reasons of failures."""
    rows = [("stage", "passed", "here", *FULL_SIZE), *_rows(lines, deque(forecasts))]
    notes = [f"{line.name}: {line.note}" for line in lines if line.note]
    failures = [
        f"{line.name} failed: {line.outcome.message}"
        for line in lines
        if line.outcome and not line.outcome.passed
    ]
    return "\n".join([*aligned(rows), "", *notes, *failures]).rstrip()


def _rows(lines: Sequence[Line], forecasts: deque[Forecast]) -> Iterator[Sequence[str]]:
    """Both in the loop's order; a part of a stage with a forecast of its own stands before it."""
    for line in lines:
        full: Sequence[str] = [""] * len(FULL_SIZE)
        name = line.stage or line.name
        while any(each.stage == name for each in forecasts):
            forecast = forecasts.popleft()
            full = row_of(forecast)[1:]
            if forecast.stage != name:
                yield (forecast.stage, "", "", *full)
        yield (*_cells(line), *full)


def _cells(line: Line) -> tuple[str, str, str]:
    if line.outcome is None:
        return line.name, "left out" if line.is_left_out else "not reached", ""
    return line.name, "yes" if line.outcome.passed else "NO", f"{line.outcome.seconds:.0f} s"


def all_passed(lines: Sequence[Line]) -> bool:
    """Whether nothing failed and everything was reached."""
    reached = [line.outcome for line in lines if not line.is_left_out]
    return all(outcome is not None and outcome.passed for outcome in reached)
