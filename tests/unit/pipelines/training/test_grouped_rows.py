"""Which rows may be each other's negatives; they need not fit in memory."""

import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from littlegiants.errors import BadInput
from pipelines.recipe.training_sections import EmbedSettings
from pipelines.training.contrast.grouped_rows import GroupedRows, grouped
from pipelines.training.rows import Triplet


def row(kind: str, number: int, negative: str = "far") -> Triplet:
    return Triplet("Find it.", kind, f"query {number}", f"near {number}", negative)


def groups_of(rows: Iterable[Triplet], folder: Path, **settings: Any) -> GroupedRows:
    """The rows of an iterator, which can be read once."""
    return grouped(iter(rows), folder, EmbedSettings(**settings))


def test_kinds_are_kept_apart_and_rows_without_negative_too(tmp_path: Path) -> None:
    rows = [row("retrieval", 1), row("sts", 2), *(row("matching_long", n, "") for n in (3, 4))]
    found = groups_of(rows, tmp_path)
    counts = {"retrieval": 1, "sts": 1, "matching_long_pairs": 2}
    assert {name: len(each) for name, each in found.datasets().items()} == counts
    assert (found.given, found.dropped) == (4, {})
    assert found.kinds == {"retrieval", "sts", "matching_long"}


def test_instruction_is_on_the_query_only(tmp_path: Path) -> None:
    groups = groups_of([row("retrieval", 1)], tmp_path).datasets()
    assert groups["retrieval"].to_list() == [
        {
            "query": "Instruct: Find it.\nQuery: query 1",
            "positive": "near 1",
            "negative": "far",
            "label": 0,
        }
    ]


def test_rows_that_cannot_be_trained_on_are_counted_by_reason(tmp_path: Path) -> None:
    rows = [row("retrieval", 1), row("classification", 2, ""), row("matching_short", 3, "")]
    found = groups_of(rows, tmp_path)
    assert list(found.datasets()) == ["retrieval"]
    assert found.dropped == {"no_negative": 1, "alone_in_its_kind": 1}
    assert found.given == 3


def test_without_hard_negatives_only_classification_keeps_its_own(tmp_path: Path) -> None:
    rows = [row(kind, n) for kind in ("retrieval", "classification") for n in (1, 2)]
    groups = groups_of(rows, tmp_path, hard_negatives=False).datasets()
    assert {name: "negative" in each.column_names for name, each in groups.items()} == {
        "retrieval_pairs": False,
        "classification": True,
    }


def test_labels_of_the_batch_are_negatives_of_rows_that_have_none(tmp_path: Path) -> None:
    rows = [row("classification", n, "" if n else "far") for n in range(3)]
    found = groups_of(rows, tmp_path, label_negatives="batch")
    assert found.counts == {"classification": 1, "classification_pairs": 2}
    found = groups_of(rows, tmp_path, label_negatives="batch", hard_negatives=False)
    assert found.counts == {"classification_pairs": 3}
    assert [each["label"] for each in found.datasets()["classification_pairs"]] == [0, 1, 2]


def test_rows_have_a_digest_that_any_change_changes(tmp_path: Path) -> None:
    rows = [row("retrieval", 1), row("retrieval", 2)]
    digests = [
        groups_of(each, tmp_path).digest
        for each in (rows, rows, rows[::-1], rows[:1], [rows[0], row("retrieval", 3)])
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


def test_rows_are_not_held_in_memory(tmp_path: Path) -> None:
    tracemalloc.start()
    rows = (row("retrieval", n, "far " * 100) for n in range(20_000))
    groups = groups_of(rows, tmp_path).datasets()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(groups["retrieval"]) == 20_000
    assert peak < 5_000_000


def test_no_rows_is_an_error(tmp_path: Path) -> None:
    for rows in ([row("classification", 1, "")], []):
        with pytest.raises(BadInput, match="rows"):
            groups_of(rows, tmp_path)
