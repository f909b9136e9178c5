"""Forecast against what came of it, stage by stage."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.report.accounts import cost_of_answers
from pipelines.report.format import number

MEASURES = ("calls", "prompt_tokens", "completion_tokens", "dollars", "seconds")


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
    return {name: asked.get(name) for name in MEASURES[:-1]} | {"seconds": stage["seconds"]}


def against(forecast: Mapping[str, Any], actual: Mapping[str, Any]) -> dict[str, Any]:
    """Forecast, actual and how many times the forecast the actual was."""
    found = {}
    for name in MEASURES:
        planned, was = number(forecast.get(name)), number(actual.get(name))
        ratio = round(was / planned, 3) if planned and was is not None else None
        found[name] = {"forecast": planned, "actual": was, "ratio": ratio}
    return found
