"""What a writer's candidates are worth: form, content under the scorer, cuts, openings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from littlegiants.checks import text_ends
from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from pipelines.curation.content import Seen, TextVectors, content_faults
from pipelines.data.intervals import counted
from pipelines.data.records import Candidate
from pipelines.data.similarity import LABELS

CUT = ("truncated", text_ends.__name__)
"""Reasons of a candidate whose text ends in the middle."""
OPENING_WORDS = 3


def valid_samples(candidates: Sequence[Candidate]) -> list[Sample]:
    """Those with nothing against them."""
    return [each.sample for each in candidates if each.sample and not each.reason]


def measured(
    candidates: Sequence[Candidate], foils: Sequence[Sample], reference: TextVectors
) -> dict[str, Any]:
    """Shares with their 95 % intervals (Wilson).

    `yield` and `cut` are of all that were asked; `own_first`, `fair` and `content` (both) of the
    valid ones but for labels, and for kinds without foils. `foils` have the documents that a
    query's own must be nearer than, the same for every writer.
    """
    reasons = Counter(each.reason for each in candidates if each.reason)
    samples, compared = valid_samples(candidates), {each.kind for each in foils}
    judged = [each for each in samples if each.kind not in LABELS and each.kind in compared]
    found = judged_content(judged, foils, reference)
    good = sum(first and fair for first, fair in found)
    asked = len(candidates)
    return {
        "asked": asked,
        "valid": len(samples),
        "kinds": dict(Counter(each.kind.value for each in samples)),
        "reasons": dict(reasons.most_common()),
        "yield": asdict(counted(len(samples), asked)),
        "cut": asdict(counted(sum(reasons[each] for each in CUT), asked)),
        "own_first": asdict(counted(sum(first for first, _ in found), len(judged))),
        "fair": asdict(counted(sum(fair for _, fair in found), len(judged))),
        "content": asdict(counted(good, len(judged))),
    }


def judged_content(
    samples: Sequence[Sample], foils: Sequence[Sample], reference: TextVectors
) -> list[tuple[bool, bool]]:
    """Of each sample: its own positive is nearest among the foils', its negative is not nearer.

    They are the filters of `curate`, each sample by itself among the foils of its kind.
    """
    seen = Seen.by(reference, [*samples, *foils]) if samples else Seen({})
    by_kind: Mapping[Kind, list[Sample]] = {
        kind: [each for each in foils if each.kind is kind] for kind in Kind
    }
    found = []
    for sample in samples:
        among = [sample, *by_kind[sample.kind]]
        lost = content_faults(among, seen, round_trip=1, fair_negatives=False)[0]
        unfair = content_faults([sample], seen, round_trip=0, fair_negatives=True)[0]
        found.append((not lost, not unfair))
    return found


def distinct_openings(samples: Sequence[Sample]) -> float:
    """Share of positives that begin with words that no positive before them began with.

    Only numbers of as many samples can be compared.
    """
    openings = {tuple(each.positive.casefold().split()[:OPENING_WORDS]) for each in samples}
    return len(openings) / len(samples) if samples else 0.0
