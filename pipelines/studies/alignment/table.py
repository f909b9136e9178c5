"""The alignment study as lines of text."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.forecast.table import aligned
from pipelines.studies.alignment.expectation import FIGURE_3

HEAD = ("writer", "asked", "yield", "cut", "own first", "fair negative", "content", "openings")


def lines_of(found: Mapping[str, Any]) -> Iterator[str]:
    """Form and content, the steps, downstream by group of sets, the paper's means."""
    yield f"{found['prompts']} held-out prompts, one try each"
    yield from aligned([HEAD, *(_line(name, row) for name, row in found["writers"].items())])
    for step in found["content_steps"]:
        yield _step(step, step, "content")
    for group, scores in found["downstream"].items():
        yield from _downstream(group, scores)
    told = ", ".join(f"{name} {value}" for name, value in found["paper"].items())
    yield f"The paper, mean of 56 tasks after 230,000 rows each: {told}"
    yield FIGURE_3


def _line(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    shares = (_share(row[key]) for key in ("yield", "cut", "own_first", "fair", "content"))
    openings = "-" if row["openings"] is None else f"{row['openings']:.2f}"
    return (name, str(row["asked"]), *shares, openings)


def _share(counted: Mapping[str, Any]) -> str:
    if not counted["total"]:
        return "-"
    share = counted["count"] / counted["total"]
    return f"{share:.2f} ({counted['low']:.2f} to {counted['high']:.2f})"


def _step(step: Mapping[str, Any], found: Mapping[str, Any], what: str) -> str:
    ends = f"{found['low']:+.3f} to {found['high']:+.3f}"
    pair = f"{step['better']} over {step['worse']}"
    return f"{pair}, {what}: {found['mean']:+.3f} ({ends}): {found['verdict']}"


def _downstream(group: str, scores: Mapping[str, Any]) -> Iterator[str]:
    means = scores["means"]
    if not means:
        yield f"{group}: no writer has rows enough to train on"
        return
    columns = list(next(iter(means.values())))
    yield f"{group}, nDCG@10"
    body = [(name, *(f"{row[each]:.3f}" for each in columns)) for name, row in means.items()]
    yield from aligned([("trained on", *columns), *body])
    for step in scores["steps"]:
        for column, each in step["sets"].items():
            yield _step(step, each, column)
