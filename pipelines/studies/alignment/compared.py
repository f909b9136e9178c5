"""Scores of writers side by side: means, and each expected step with its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

from pipelines.studies.alignment.downstream import UNTRAINED
from pipelines.studies.alignment.evaluation_sets import short_name
from pipelines.studies.alignment.expectation import steps_among
from pipelines.studies.alignment.paired import paired


def told(difference: Any) -> dict[str, Any]:
    return {**asdict(difference), "verdict": difference.verdict}


def compared(scores: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, Any]:
    """Means over seeds by writer and set, and each expected step by set and over all sets."""
    sets = list(next(iter(scores.values()))[0]) if scores else []
    whole = {
        name: [[*each.values(), fmean(each.values())] for each in scores[name]] for name in scores
    }
    columns = [*map(short_name, sets), "mean"]
    means = {
        name: {column: fmean(row[at] for row in rows) for at, column in enumerate(columns)}
        for name, rows in whole.items()
    }
    steps = [
        {
            "better": one,
            "worse": other,
            "sets": {
                column: told(paired([r[at] for r in whole[one]], [r[at] for r in whole[other]]))
                for at, column in enumerate(columns)
            },
        }
        for one, other, _ in steps_among([name for name in scores if name != UNTRAINED])
    ]
    return {"means": means, "steps": steps}
