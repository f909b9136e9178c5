"""Scores side by side: means over seeds, steps with their intervals, kept group by group."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

from upath import UPath

from pipelines.evaluation.own_tasks.evaluation_sets import short_name
from pipelines.forecast.table import aligned
from pipelines.studies.paired import paired

UNTRAINED = "untrained"
"""What every training begins as."""
EARLIER = ", of other weights, prompts or rows than the rest"
Scores = Mapping[str, Sequence[Mapping[str, float]]]
"""By what was trained, a seed after the other, the score on every set."""
Steps = Sequence[tuple[str, str]]
"""What is expected to be better, and than what."""


def told(difference: Any) -> dict[str, Any]:
    """A difference and its verdict as plain data."""
    return {**asdict(difference), "verdict": difference.verdict}


def compared(scores: Scores, steps: Steps) -> dict[str, Any]:
    """Means over seeds by name and set, and each step by set and over all sets."""
    sets = list(next(iter(scores.values()))[0]) if scores else []
    whole = {
        name: [[*each.values(), fmean(each.values())] for each in scores[name]] for name in scores
    }
    columns = [*map(short_name, sets), "mean"]
    means = {
        name: {column: fmean(row[at] for row in rows) for at, column in enumerate(columns)}
        for name, rows in whole.items()
    }
    found = [
        {
            "better": one,
            "worse": other,
            "sets": {
                column: told(paired([r[at] for r in whole[one]], [r[at] for r in whole[other]]))
                for at, column in enumerate(columns)
            },
        }
        for one, other in steps
    ]
    return {"means": means, "steps": found}


def beside_earlier(
    path: UPath, found: Mapping[str, Any], *, replaced: str, basis: str
) -> dict[str, Any]:
    """The groups of the study at `path` with those that were `found` now.

    Groups whose names begin with `replaced` go. Of the others those that were measured on another
    `basis`, a digest of what was to be compared, are marked.
    """
    before = json.loads(path.read_text("utf-8")) if path.exists() else {}
    kept = {
        name.removesuffix(EARLIER) + EARLIER * (each.get("basis") != basis): each
        for name, each in before.get("downstream", {}).items()
        if not name.startswith(replaced)
    }
    return {**kept, **{name: {**each, "basis": basis} for name, each in found.items()}}


def lines_of_group(group: str, scores: Mapping[str, Any]) -> Iterator[str]:
    """The table of a group's means, and its steps."""
    means = scores["means"]
    if not means:
        yield f"{group}: no rows enough to train on"
        return
    columns = list(next(iter(means.values())))
    yield f"{group}, nDCG@10"
    body = [(name, *(f"{row[each]:.3f}" for each in columns)) for name, row in means.items()]
    yield from aligned([("trained on", *columns), *body])
    for step in scores["steps"]:
        for column, each in step["sets"].items():
            yield line_of_step(step, each, column)


def line_of_step(step: Mapping[str, Any], found: Mapping[str, Any], what: str) -> str:
    """A difference with its ends and its verdict."""
    ends = f"{found['low']:+.3f} to {found['high']:+.3f}"
    pair = f"{step['better']} over {step['worse']}"
    return f"{pair}, {what}: {found['mean']:+.3f} ({ends}): {found['verdict']}"
