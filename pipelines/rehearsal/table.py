"""What came of a rehearsal: each stage, whether it passed, what it would need at full size."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.plan_page import HEAD, aligned, row_of
from pipelines.planner import Forecast
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
    full = {each.stage: row_of(each)[1:] for each in forecasts}
    rows = [("stage", "passed", "here", *FULL_SIZE)]
    rows += [
        (*_cells(line), *full.pop(line.stage or line.name, [""] * len(FULL_SIZE))) for line in lines
    ]
    notes = [f"{line.name}: {line.note}" for line in lines if line.note]
    failures = [
        f"{line.name} failed: {line.outcome.message}"
        for line in lines
        if line.outcome and not line.outcome.passed
    ]
    return "\n".join([*aligned(rows), "", *notes, *failures]).rstrip()


def _cells(line: Line) -> tuple[str, str, str]:
    if line.outcome is None:
        return line.name, "left out" if line.is_left_out else "not reached", ""
    return line.name, "yes" if line.outcome.passed else "NO", f"{line.outcome.seconds:.0f} s"


def all_passed(lines: Sequence[Line]) -> bool:
    """Whether nothing failed and everything was reached."""
    reached = [line.outcome for line in lines if not line.is_left_out]
    return all(outcome is not None and outcome.passed for outcome in reached)
