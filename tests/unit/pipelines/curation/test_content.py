"""Rows whose texts do not belong together go, and a revision may not move a field."""

from collections.abc import Sequence

import numpy as np
import pytest

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from pipelines.curation.content import Seen, Vectors, content_faults, why_not_revised

PLACES = ("harbour", "bakery", "forest", "museum")


class Topical:
    """A double of the scorer: a text is its named places, and a little of its own."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One axis a place, one for all else."""
        rows = [[*(text.count(place) for place in PLACES), 0.1 + len(text) / 1e4] for text in texts]
        found = np.array(rows, dtype=np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


def sts(query: str, positive: str, negative: str) -> Sample:
    return Sample(Kind.STS, query, positive, negative)


def faults(samples: Sequence[Sample], **rules: int) -> list[str]:
    chosen = {"round_trip": 1, "fair_negatives": 1, **rules}
    return content_faults(
        samples,
        Seen.by(Topical(), samples),
        round_trip=chosen["round_trip"],
        fair_negatives=bool(chosen["fair_negatives"]),
    )


GOOD = [sts(f"at the {place}", f"near the {place}", "elsewhere") for place in PLACES]


def test_rows_that_belong_together_stay() -> None:
    assert faults(GOOD) == [""] * len(GOOD)


def test_a_positive_that_answers_another_query_is_not_found() -> None:
    strange = sts("at the harbour", "in the forest, forest", "elsewhere")
    assert faults([*GOOD, strange])[-1] == "positive_not_found"
    assert faults([*GOOD, strange], round_trip=0, fair_negatives=False)[-1] == ""


def test_a_negative_that_is_nearer_is_named() -> None:
    unfair = sts("at the bakery", "bakery or museum", "the bakery")
    assert faults([unfair]) == ["negative_is_nearer"]
    assert faults([unfair], fair_negatives=False) == [""]


def test_labels_are_not_judged_by_nearness() -> None:
    label = Sample(Kind.CLASSIFICATION, "at the bakery", "forest", "bakery")
    assert faults([*GOOD, label])[-1] == ""


DRAFT = sts("at the harbour", "harbour and forest", "the forest")


@pytest.mark.parametrize(
    ("revision", "why"),
    [
        pytest.param(sts("at the harbour", "the harbour or forest", "in the forest"), "", id="ok"),
        pytest.param(
            sts("at the harbour", "the forest", "harbour and forest"), "field_moved", id="moved"
        ),
        pytest.param(
            sts("at the harbour", "museum, harbour, forest", "a forest"), "score_fell", id="fell"
        ),
    ],
)
def test_a_revision_stands_only_if_nothing_is_worse(revision: Sample, why: str) -> None:
    assert why_not_revised(DRAFT, revision, Seen.by(Topical(), [DRAFT, revision])) == why
