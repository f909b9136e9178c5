"""What rows are like: how they begin, how alike they are, how long against what was asked."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from littlegiants.kinds import SPECS, Kind, length_of
from littlegiants.samples import Sample
from littlegiants.task_families import FAMILIES
from littlegiants.tasks import Prompt
from littlegiants.words import tokens, word_count
from pipelines.curation.content import TextVectors

Written = tuple[Prompt, Sample]
DRAWN = 300
"""Rows of a kind that are looked at."""
OPENING_WORDS = 3


@dataclass(slots=True)
class Drawn:
    """Some rows of each kind, drawn at random while all pass by."""

    rng: random.Random
    counts: Counter[Kind] = field(default_factory=Counter)
    rows: dict[Kind, list[Written]] = field(default_factory=dict)

    def see(self, prompt: Prompt, sample: Sample) -> None:
        """One more row."""
        kind, rows = sample.kind, self.rows.setdefault(sample.kind, [])
        self.counts[kind] += 1
        if len(rows) < DRAWN:
            rows.append((prompt, sample))
        elif (place := self.rng.randrange(self.counts[kind])) < DRAWN:
            rows[place] = (prompt, sample)


def profile_of(
    rows: Mapping[Kind, Sequence[Written]],
    examples: Sequence[Written],
    reference: TextVectors | None,
) -> dict[str, Any]:
    """Figures of the rows by kind, beside those of as many examples; nearness by `reference`."""
    diversity, lengths = [], []
    for kind in filter(rows.get, Kind):
        own = rows[kind]
        given = [each for each in examples if each[1].kind is kind][: len(own)]
        like = own[: len(given)] if given else own  # of more texts the nearest is nearer
        for name, each in (("rows", like), ("examples", given)):
            if each:
                diversity.append({"kind": kind, "of": name, **_diversity(each, reference)})
        lengths += _lengths(kind, own)
    return {"diversity": diversity, "lengths": lengths}


def _diversity(rows: Sequence[Written], reference: TextVectors | None) -> dict[str, Any]:
    kind, queries = rows[0][1].kind, [sample.query for _, sample in rows]
    tasks = [] if SPECS[kind].fixed_task else sorted({prompt.task.text for prompt, _ in rows})
    return {
        "count": len(rows),
        "openings": openings_of(queries),
        "nearest": nearest_of(queries, reference),
        "tasks": len(tasks),
        "task_openings": openings_of(tasks),
        "task_nearest": nearest_of(tasks, reference),
        "families": _families(kind, tasks, reference),
        "families_known": len(FAMILIES[kind].examples) if tasks else None,
    }


def openings_of(texts: Sequence[str]) -> float | None:
    """Share of the texts that begin with words of their own."""
    begun = {tokens(text)[:OPENING_WORDS] for text in texts}
    return round(len(begun) / len(texts), 3) if texts else None


def nearest_of(texts: Sequence[str], reference: TextVectors | None) -> float | None:
    """The median text's cosine to the one that is nearest to it."""
    if reference is None or len(texts) < 2:
        return None
    vectors = reference.vectors(texts)
    near = vectors @ vectors.T
    np.fill_diagonal(near, -1)
    return round(float(np.median(near.max(axis=1))), 3)


def _families(kind: Kind, tasks: Sequence[str], reference: TextVectors | None) -> int | None:
    """To how many of the known families of tasks one of these is nearest."""
    if reference is None or not tasks:
        return None
    known = reference.vectors(FAMILIES[kind].examples)
    return len(set((reference.vectors(tasks) @ known.T).argmax(axis=1).tolist()))


def _lengths(kind: Kind, rows: Iterable[Written]) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str], list[float]] = {}
    bounds = {}
    for prompt, sample in rows:
        for each, text in zip(SPECS[kind].fields, sample.texts, strict=True):
            if not each.label:
                asked = each.key, prompt.attributes.get(each.length, each.length)
                counts.setdefault(asked, []).append(word_count(text))
                bounds[asked] = length_of(each, prompt.attributes)
    return [
        {"kind": kind, "field": key, "asked": asked, **_against(found, *bounds[key, asked])}
        for (key, asked), found in sorted(counts.items())
    ]


def _against(counts: Sequence[float], low: int, high: int | None) -> dict[str, Any]:
    shorter = sum(count < low for count in counts)
    longer = sum(high is not None and count > high for count in counts)
    return {
        "count": len(counts),
        "median": round(median(counts), 1),
        "shorter": round(shorter / len(counts), 3),
        "longer": round(longer / len(counts), 3),
    }
