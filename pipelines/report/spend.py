"""What a run spent on its teacher, beside what the GPT-only way would have spent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from pipelines.report.figures import bars
from pipelines.report.format import cap, count, dollars, number, part, percent

TOKENS = ("prompt_tokens", "completion_tokens")
COUNTS = ("calls", *TOKENS, "tokens")
CAPPED = ("calls", "tokens")


@dataclass(frozen=True, slots=True)
class SpendRow:
    """One measure of spending as text; `cap` is empty where the budget has no such cap."""

    name: str
    spent: str
    baseline: str
    ratio: str
    cap: str


@dataclass(frozen=True, slots=True)
class Bill:
    """The teacher's bill; `widths` are the two bars of its calls.

    Its calls align the generators, however many rows these write afterwards: a data set of more
    than `even_rows` rows takes fewer calls than the baseline does.
    """

    recorded: bool
    model: str | None
    how: str | None
    rows: tuple[SpendRow, ...]
    calls: float | None
    baseline_calls: float | None
    widths: tuple[float, ...]
    ratio: str
    tokens: float | None
    dollars: str
    even_rows: int | None


def spending(teacher: Mapping[str, Any], row_count: float | None) -> Bill:
    """The bill of the run that recorded `teacher` and made `row_count` rows."""
    spent, baseline = _with_tokens(teacher), _with_tokens(part(teacher, "baseline"))
    calls = (number(spent.get("calls")), number(baseline.get("calls")))
    return Bill(
        recorded=bool(teacher),
        model=teacher.get("model"),
        how=baseline.get("how"),
        rows=_rows(spent, baseline, part(teacher, "caps")),
        calls=calls[0],
        baseline_calls=calls[1],
        widths=bars(calls),
        ratio=compared(*calls),
        tokens=spent["tokens"],
        dollars=dollars(spent),
        even_rows=_even(row_count, *calls),
    )


def _even(row_count: float | None, ours: float | None, theirs: float | None) -> int | None:
    if not row_count or ours is None or not theirs:
        return None
    return ceil(row_count * ours / theirs)


def _with_tokens(spend: Mapping[str, Any]) -> dict[str, Any]:
    found = [number(spend.get(name)) for name in TOKENS]
    known = [value for value in found if value is not None]
    return {**spend, "tokens": sum(known) if len(known) == len(found) else None}


def _rows(
    spent: Mapping[str, Any], baseline: Mapping[str, Any], caps: Mapping[str, Any]
) -> tuple[SpendRow, ...]:
    rows = [
        SpendRow(
            name.replace("_", " ").capitalize(),
            count(spent.get(name)),
            count(baseline.get(name)),
            compared(spent.get(name), baseline.get(name)),
            cap(caps, name) if name in CAPPED else "",
        )
        for name in COUNTS
    ]
    ratio = compared(spent.get("dollars"), baseline.get("dollars"))
    return (
        *rows,
        SpendRow("Dollars", dollars(spent), dollars(baseline), ratio, cap(caps, "dollars")),
    )


def compared(spent: object, baseline: object) -> str:
    """How much of the baseline was spent, in percent; empty when either is not known."""
    ours, theirs = number(spent), number(baseline)
    return "" if ours is None or not theirs else percent(ours / theirs)


def stage_spends(stages: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Stage, calls, prompt tokens, completion tokens and dollars of each stage that asked."""
    asked = [(str(stage.get("name")), part(stage, "teacher")) for stage in stages]
    return [
        (stage, *(count(used.get(name)) for name in ("calls", *TOKENS)), dollars(used))
        for stage, used in asked
        if used
    ]


def judges(recorded: Mapping[str, Any]) -> list[tuple[str, float | None, float]]:
    """Name, prompts judged and percent of all, for each judge."""
    counted = [(name, number(value)) for name, value in recorded.items()]
    whole = sum(value or 0 for _, value in counted) or 1
    return [(name, value, 100 * (value or 0) / whole) for name, value in counted]
