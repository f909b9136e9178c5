"""The forecast that a run was started with, beside what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.report.format import count, dollars, duration, items, number, part

MEASURES: tuple[tuple[str, Callable[[object], str]], ...] = (
    ("calls", count),
    ("prompt_tokens", count),
    ("completion_tokens", count),
    ("dollars", lambda value: dollars({"dollars": value})),
    ("seconds", duration),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One measure of one stage as text; empty where the stage has it not."""

    forecast: str = ""
    actual: str = ""
    ratio: str = ""


def forecast_rows(forecast: Mapping[str, Any]) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    """Stage and a cell for each measure."""
    return tuple(
        (str(row.get("stage")), tuple(_cell(part(row, name), form) for name, form in MEASURES))
        for row in items(forecast.get("stages"))
    )


def _cell(measure: Mapping[str, Any], form: Callable[[object], str]) -> Cell:
    planned, was = number(measure.get("forecast")), number(measure.get("actual"))
    if not planned and not was:
        return Cell()
    ratio = number(measure.get("ratio"))
    shown = "" if ratio is None else f"{ratio:,.2f} times"
    return Cell(form(planned), form(was), shown)
