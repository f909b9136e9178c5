"""A task's scores: base and trained, what they are measured against, and how sure that is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.report.format import items, number, part

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One task's score of the base and of the trained embedder; `dots` are their places."""

    task: str
    metric: str
    base: float | None
    trained: float | None
    difference: float | None
    dots: tuple[float | None, float | None]
    zero: float
    controls: Mapping[str, float | None] = field(default_factory=dict)
    """Scores of what they are measured against, by name."""
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    """95 % intervals over the task's queries, by model, where it has queries."""
    gain: Interval | None = None
    """That of the difference, on the same queries."""


def scores(recorded: object) -> tuple[ScoreRow, ...]:
    """Scores per task; each line runs from 0 (or the least, if negative) to 1."""
    rows = items(recorded)
    known = [
        value for row in rows for name in ("base", "trained") if (value := number(row.get(name)))
    ]
    low, high = min([0.0, *known]), max([1.0, *known])
    return tuple(_score(row, low, high - low) for row in rows)


def _score(row: Mapping[str, Any], low: float, span: float) -> ScoreRow:
    base, trained = number(row.get("base")), number(row.get("trained"))
    difference = trained - base if base is not None and trained is not None else None
    positions = [None if value is None else 100 * (value - low) / span for value in (base, trained)]
    names = str(row.get("task", "unnamed")), str(row.get("metric", ""))
    told = {name: interval(value) for name, value in part(row, "intervals").items()}
    gain = row.get("gain")
    return ScoreRow(
        *names,
        base,
        trained,
        difference,
        dots=(positions[0], positions[1]),
        zero=-100 * low / span,
        controls={name: number(value) for name, value in part(row, "controls").items()},
        intervals={name: value for name, value in told.items() if value},
        gain=interval(gain[1:]) if isinstance(gain, list | tuple) else None,
    )


def interval(value: object) -> Interval | None:
    """The two ends of an interval, where both are numbers."""
    ends = [number(each) for each in value] if isinstance(value, list | tuple) else []
    low, high = ends if len(ends) == 2 else (None, None)
    return None if low is None or high is None else (low, high)


def control_names(rows: Iterable[ScoreRow]) -> tuple[str, ...]:
    """What base and trained are measured against in any of `rows`."""
    return tuple(dict.fromkeys(name for row in rows for name in row.controls))
