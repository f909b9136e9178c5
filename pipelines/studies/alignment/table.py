"""The alignment study as lines of text."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.forecast.table import aligned
from pipelines.studies.alignment.expectation import FIGURE_3
from pipelines.studies.compared import line_of_step, lines_of_group

HEAD = ("writer", "asked", "yield", "cut", "own first", "fair negative", "content", "openings")


def lines_of(found: Mapping[str, Any]) -> Iterator[str]:
    """Form and content, the steps, downstream by group of sets, the paper's means."""
    yield f"{found['prompts']} held-out prompts, one try each"
    yield from aligned([HEAD, *(_line(name, row) for name, row in found["writers"].items())])
    for step in found["content_steps"]:
        yield line_of_step(step, step, "content")
    for group, scores in found["downstream"].items():
        yield from lines_of_group(group, scores)
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
