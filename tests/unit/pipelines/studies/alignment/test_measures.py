"""Form, content and openings of a writer's candidates are told apart."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from pipelines.data.records import Candidate
from pipelines.studies.alignment.measures import distinct_openings, judged_content, measured

PLACES = {"cats": 0.0, "kittens": 0.2, "dogs": 1.0, "puppies": 1.2, "tax": 2.0}


class OnACircle:
    """A reference that places each text by its last word."""

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        angles = [PLACES[text.split()[-1]] for text in texts]
        return np.array([[np.cos(a), np.sin(a)] for a in angles], dtype=np.float32)


def about(query: str, positive: str, negative: str, kind: Kind = Kind.RETRIEVAL) -> Sample:
    return Sample(kind, query, f"of {positive}", f"of {negative}")


FOILS = [about("cats", "dogs", "tax"), about("dogs", "tax", "cats")]


def test_a_positive_is_first_among_the_foils_and_a_negative_is_farther() -> None:
    samples = [
        about("cats", "kittens", "tax"),
        about("cats", "tax", "kittens"),
        about("dogs", "kittens", "tax"),
    ]
    assert judged_content(samples, FOILS, OnACircle()) == [
        (True, True),
        (False, False),
        (False, True),
    ]


def test_labels_count_for_the_yield_and_not_for_content() -> None:
    label = about("cats", "tax", "kittens", Kind.CLASSIFICATION)
    good, cut = about("cats", "kittens", "tax"), Candidate("{", None, "truncated")
    found = measured([*(Candidate("", s) for s in (label, good)), cut], FOILS, OnACircle())
    shares = {name: (found[name]["count"], found[name]["total"]) for name in ("yield", "cut")}
    assert shares == {"yield": (2, 3), "cut": (1, 3)}
    assert (found["content"]["count"], found["content"]["total"]) == (1, 1)


def test_content_is_not_judged_where_nothing_is_there_to_be_nearer_than() -> None:
    pair = about("cats", "kittens", "tax", Kind.STS)
    found = measured([Candidate("", pair)], FOILS, OnACircle())
    assert (found["yield"]["count"], found["content"]["total"]) == (1, 0)


def test_a_writer_without_a_valid_row_has_no_content() -> None:
    found = measured([Candidate("{", None, "no_json")], FOILS, OnACircle())
    assert (found["content"]["total"], found["reasons"]) == (0, {"no_json": 1})


def test_openings_are_the_first_words_of_positives() -> None:
    texts = ("The cat sat on it", "the cat sat here", "A dog")
    samples = [Sample(Kind.RETRIEVAL, "q", text, "n") for text in texts]
    assert distinct_openings(samples) == 2 / 3
