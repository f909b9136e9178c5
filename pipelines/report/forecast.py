"""The forecast that a run was started with, beside what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.report.accounts import cost_of_answers
from pipelines.report.format import count, dollars, duration, items, number, part

MEASURES: tuple[tuple[str, Callable[[object], str]], ...] = (
    ("calls", count),
    ("prompt_tokens", count),
    ("completion_tokens", count),
    ("dollars", lambda value: dollars({"dollars": value})),
    ("seconds", duration),
)
NAMES = tuple(name for name, _ in MEASURES)


@dataclass(frozen=True, slots=True)
class Cell:
    """One measure of one stage as text; empty where the stage has it not."""

    forecast: str = ""
    actual: str = ""
    ratio: str = ""


def scored(plan: Mapping[str, Any] | None, stages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Each stage's measures as forecast and as they were; empty when there was no forecast."""
    if plan is None:
        return {}
    actual = {stage["name"]: actual_of(stage) for stage in stages}
    rows = [
        {"stage": forecast["stage"], **against(forecast, actual[forecast["stage"]])}
        for forecast in plan["stages"]
        if forecast["stage"] in actual
    ]
    return {"teacher": plan["teacher"], "gpu_count": plan["gpu_count"], "stages": rows}


def actual_of(stage: Mapping[str, Any]) -> dict[str, float | None]:
    """What a stage's record says of each measure."""
    asked = cost_of_answers(stage) or {}
    return {name: asked.get(name) for name in NAMES[:-1]} | {"seconds": stage["seconds"]}


def against(forecast: Mapping[str, Any], actual: Mapping[str, Any]) -> dict[str, Any]:
    """Forecast, actual and how many times the forecast the actual was."""
    found = {}
    for name in NAMES:
        planned, was = number(forecast.get(name)), number(actual.get(name))
        ratio = round(was / planned, 3) if planned and was is not None else None
        found[name] = {"forecast": planned, "actual": was, "ratio": ratio}
    return found


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
