"""Which rows may be each other's negatives."""

import pytest

from littlegiants.errors import BadInput
from pipelines.training.batches import groups_of
from pipelines.training.rows import Triplet


def row(kind: str, number: int, negative: str = "far") -> Triplet:
    return Triplet("Find it.", kind, f"query {number}", f"near {number}", negative)


def test_kinds_are_kept_apart_and_rows_without_negative_too() -> None:
    rows = [row("retrieval", 1), row("sts", 2), *(row("matching_long", n, "") for n in (3, 4))]
    groups, dropped = groups_of(rows, hard_negatives=True)
    assert {name: len(each) for name, each in groups.items()} == {
        "retrieval": 1,
        "sts": 1,
        "matching_long_pairs": 2,
    }
    assert not dropped


def test_instruction_is_on_the_query_only() -> None:
    groups, _ = groups_of([row("retrieval", 1)], hard_negatives=True)
    assert groups["retrieval"] == [
        {"query": "Instruct: Find it.\nQuery: query 1", "positive": "near 1", "negative": "far"}
    ]


def test_rows_that_cannot_be_trained_on_are_counted_by_reason() -> None:
    rows = [row("retrieval", 1), row("classification", 2, ""), row("matching_short", 3, "")]
    groups, dropped = groups_of(rows, hard_negatives=True)
    assert list(groups) == ["retrieval"]
    assert dropped == {"no_negative": 1, "alone_in_its_kind": 1}


def test_without_hard_negatives_only_classification_keeps_its_own() -> None:
    rows = [row(kind, n) for kind in ("retrieval", "classification") for n in (1, 2)]
    groups, _ = groups_of(rows, hard_negatives=False)
    assert {name: "negative" in each[0] for name, each in groups.items()} == {
        "retrieval_pairs": False,
        "classification": True,
    }


def test_no_rows_is_an_error() -> None:
    with pytest.raises(BadInput, match="rows"):
        groups_of([row("classification", 1, "")], hard_negatives=True)
