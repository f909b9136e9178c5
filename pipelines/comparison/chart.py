"""Compared runs in; a table in text, and a page with a chart of score against dollars, out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines.comparison.compared_runs import ComparedRun, Comparison
from pipelines.report.format import count, number, score

HEAD = ("run", "recipe", "rows", "dollars", "dollars a row", "base", "score", "front")
FRONT = "*"
LOG_FROM = 20
"""The axis of dollars is logarithmic where the dearest run cost so many times the cheapest."""


@dataclass(frozen=True, slots=True)
class PlacedRun:
    """A run as a dot, percent from the left and from the top."""

    run: ComparedRun
    x: float
    y: float


def table(found: Comparison) -> str:
    """A line for each run, and what the columns mean."""
    rows = [HEAD, *(cells(run) for run in found.runs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)) for row in rows]
    notes = [
        f"score: mean over {', '.join(found.tasks)}",
        f"{FRONT}: no other run is as good for less, or better for as much",
    ]
    notes += [f"not compared: {', '.join(found.left_out)}"] if found.left_out else []
    return "\n".join([*map(str.rstrip, lines), "", *notes])


def cells(run: ComparedRun) -> tuple[str, ...]:
    """A run's cells, in the order of HEAD."""
    each = "" if run.dollars_per_row is None else f"{run.dollars_per_row:.5f}"
    dollars = "unknown" if run.dollars is None else f"{run.dollars:,.2f}"
    rows = "" if number(run.rows) is None else count(run.rows)
    marked = FRONT if run.on_front else ""
    base = "" if run.base is None else score(run.base)
    return run.run, run.recipe, rows, dollars, each, base, score(run.score), marked


def page(found: Comparison) -> str:
    """The self-contained page: no script, no network, all text escaped."""
    placed = dots(found.runs)
    front = sorted((dot for dot in placed if dot.run.on_front), key=lambda dot: dot.x)
    line = "M" + "L".join(f"{dot.x:.2f} {dot.y:.2f}" for dot in front) if len(front) > 1 else ""
    shown = {"head": HEAD, "rows": [(run, cells(run)) for run in found.runs], "line": line}
    return (
        _environment()
        .get_template("comparison.html.j2")
        .render(found=found, dots=placed, is_log=_is_log([dot.run for dot in placed]), **shown)
    )


def dots(runs: Sequence[ComparedRun]) -> list[PlacedRun]:
    """Those of the runs whose dollars are known, 5 to 95 percent across the chart."""
    known = [run for run in runs if run.dollars is not None]
    is_log = _is_log(known)
    costs = [math.log(run.dollars or 1) if is_log else run.dollars or 0.0 for run in known]
    across = _spread(costs)
    down = _spread([-run.score for run in known])
    return [PlacedRun(*each) for each in zip(known, across, down, strict=True)]


def _is_log(runs: Sequence[ComparedRun]) -> bool:
    costs = [run.dollars or 0.0 for run in runs]
    return bool(costs) and min(costs) > 0 and max(costs) / min(costs) >= LOG_FROM


def _spread(values: Sequence[float]) -> list[float]:
    low, span = min(values, default=0), max(values, default=0) - min(values, default=0)
    return [5 + 90 * (value - low) / span if span else 50 for value in values]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
