"""The sets that come with the code are fair, and a part of the retrieval set is always the same."""

import json
from collections import Counter

import pytest

from littlegiants.errors import BadInput
from littlegiants.words import tokens
from pipelines.evaluation.beir import RetrievalSet
from pipelines.evaluation.builtin_sets import TEXTS, Sizes, retrieval_set, rows_of

WHOLE = retrieval_set(Sizes())
LABELLED = {
    "classification_train": (8, 16),
    "classification_test": (8, 20),
    "clustering": (10, 20),
}


def test_each_query_has_its_one_document_among_others() -> None:
    assert (len(WHOLE.queries), len(WHOLE.corpus)) == (150, 450)
    assert not WHOLE.missing and not WHOLE.textless
    assert WHOLE.qrels == {name: {name: 1} for name in WHOLE.queries}


def test_no_document_repeats_its_query() -> None:
    for name, query in WHOLE.queries.items():
        assert " ".join(tokens(query)) not in " ".join(tokens(WHOLE.corpus[name].text))


def test_texts_are_short_and_documents_distinct() -> None:
    texts = [json.loads(line)["text"] for line in TEXTS.read_text("utf-8").splitlines()]
    assert max(len(text.split()) for text in texts) == 50
    assert len({document.text for document in WHOLE.corpus.values()}) == 450


@pytest.mark.parametrize("name", LABELLED)
def test_labels_are_balanced_and_not_named_in_the_text(name: str) -> None:
    rows = rows_of(name)
    labels = Counter(row["label"] for row in rows)
    assert (len(labels), *set(labels.values())) == LABELLED[name]
    assert not [row for row in rows if row["label"].rpartition(".")[2] in tokens(row["text"])]


def test_no_text_is_both_trained_and_tested_on() -> None:
    train, test = (
        {row["text"] for row in rows_of(f"classification_{part}")} for part in ("train", "test")
    )
    assert len(train) == 128 and len(test) == 160
    assert not train & test


def test_a_part_is_the_same_every_time_and_lies_in_every_larger_one() -> None:
    def parts(content: RetrievalSet) -> tuple[set[str], set[str]]:
        return set(content.queries), set(content.corpus)

    small, more = retrieval_set(Sizes(20, 60)), retrieval_set(Sizes(30, 90))
    assert small == retrieval_set(Sizes(20, 60))
    assert (len(small.queries), len(small.corpus)) == (20, 60)
    for part, larger, whole in zip(parts(small), parts(more), parts(WHOLE), strict=True):
        assert part < larger < whole


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        (Sizes(10, 451), "evaluate.document_count: 451 of 450 documents; ask for fewer"),
        (Sizes(11, 10), "evaluate.query_count: 11 of 10 documents; ask for fewer queries"),
    ],
    ids=["documents", "queries"],
)
def test_more_than_there_is_is_refused(sizes: Sizes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        retrieval_set(sizes)
