"""Training curves: logs in, the lines and ticks of a chart out, in percent of the plot."""

import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipelines.report.format import MINUS, items, number

ENDS = ("value", "low", "high")

Point = tuple[float, float]

SMOOTH_FROM = 15
"""A line of fewer points is drawn as it is; a longer one also as a moving average."""
ROWS_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of an axis, `at` percent from the left or from the top."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One line chart; `rows` are the numbers under it, thinned when there are many."""

    measure: str
    line: str
    average: str
    end: Point
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    first: Point
    last: Point
    rows: tuple[Point, ...]
    point_count: int
    unusable_count: int


def curve(records: Sequence[Mapping[str, Any]], measure: str) -> Curve | None:
    """The chart of `measure` over the steps of a log; None when no record holds it."""
    logged = _logged(records, measure)
    points = sorted((x, y) for x, y in logged if x is not None and y is not None)
    if not points:
        return None
    y_ticks = _round_values(*_range_of(points, measure))
    placed = _placed(points, y_ticks)
    return Curve(
        measure,
        line=_path(placed),
        average=_path(_averaged(placed)) if len(placed) >= SMOOTH_FROM else "",
        end=placed[-1],
        x_ticks=tuple(_step_ticks(points[0][0], points[-1][0])),
        y_ticks=_value_ticks(y_ticks),
        first=points[0],
        last=points[-1],
        rows=_thinned(points),
        point_count=len(points),
        unusable_count=len(logged) - len(points),
    )


def _logged(
    records: Sequence[Mapping[str, Any]], measure: str
) -> list[tuple[float | None, float | None]]:
    return [
        (number(record.get("step", index)), number(record[measure]))
        for index, record in enumerate(records, 1)
        if record.get(measure) is not None
    ]


def _range_of(points: Sequence[Point], measure: str) -> Point:
    values = [value for _, value in points]
    return (0, 1) if measure == "accuracy" else (min(values), max(values))


def _round_values(low: float, high: float, *, wanted: int = 4) -> tuple[float, ...]:
    """Round numbers, evenly apart, from at or below `low` to at or above `high`."""
    span = (high - low) or abs(high) or 1
    size = 10 ** math.floor(math.log10(span / wanted))
    gap = next(size * m for m in (1, 2, 2.5, 5, 10) if span / (size * m) <= wanted)
    start, stop = math.floor(low / gap), math.ceil(high / gap)
    return tuple(index * gap for index in range(start, max(stop, start + 1) + 1))


def _value_ticks(values: tuple[float, ...]) -> tuple[Tick, ...]:
    low, high = values[0], values[-1]
    return tuple(
        Tick(100 * (high - v) / (high - low), f"{v:.4g}".replace("-", MINUS)) for v in values
    )


def _step_ticks(first: float, last: float) -> list[Tick]:
    if first == last:
        return [Tick(50, f"{first:,.0f}")]
    span = last - first
    inside = [v for v in _round_values(first, last) if first + span / 8 < v < last - span / 8]
    whole = [value for value in inside if value == round(value)]
    return [Tick(100 * (v - first) / span, f"{v:,.0f}") for v in (first, *whole, last)]


def _placed(points: Sequence[Point], values: Sequence[float]) -> list[Point]:
    left, width = points[0][0], points[-1][0] - points[0][0]
    top, height = values[-1], values[-1] - values[0]
    return [
        (100 * (x - left) / width if width else 50, 100 * (top - y) / height) for x, y in points
    ]


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(
        f"{x:.2f} {y:.2f}" for x, y in (points if len(points) > 1 else [*points] * 2)
    )


def _averaged(points: Sequence[Point]) -> list[Point]:
    reach = max(1, len(points) // 16)
    windows = ((x, points[max(0, i - reach) : i + reach + 1]) for i, (x, _) in enumerate(points))
    return [(x, sum(y for _, y in window) / len(window)) for x, window in windows]


def _thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    if len(points) <= ROWS_SHOWN:
        return tuple(points)
    cuts = [round(i * (len(points) - 1) / (ROWS_SHOWN - 1)) for i in range(ROWS_SHOWN)]
    return (points[0], *(points[cut] for before, cut in pairwise(cuts) if cut != before))


def scaling_view(found: Mapping[str, Any]) -> dict[str, Any]:
    """The scaling study's chart as an address that holds it, and its forecast."""
    chart = found.get("chart")
    if not isinstance(chart, str):
        return {}
    address = "data:image/svg+xml;base64," + b64encode(chart.encode()).decode()
    more = [
        [int(number(each.get("rows")) or 0), *(number(each.get(name)) for name in ENDS)]
        for each in items(found.get("forecast"))
    ]
    return {"chart": address, "forecast": more, "advice": found.get("advice")}
