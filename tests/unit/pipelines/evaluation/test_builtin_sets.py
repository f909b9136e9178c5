"""Evaluation data come from Python's own documentation, are fair, and are the same every time."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from littlegiants.errors import BadInput
from littlegiants.words import tokens
from pipelines.evaluation.beir import read_beir
from pipelines.evaluation.builtin_sets import EvaluationSets, Sizes, build_evaluation_sets
from pipelines.evaluation.docstrings import read_docstrings, split_first_sentence

SIZES = Sizes(queries=40, documents=120, texts_per_cluster=12, words=30)


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> EvaluationSets:
    """Small sets from the running Python's library."""
    return build_evaluation_sets(tmp_path_factory.mktemp("sets") / "built", sizes=SIZES)


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_each_query_has_its_one_document_among_others(sets: EvaluationSets) -> None:
    content = read_beir(sets.retrieval)
    assert (len(content.queries), len(content.corpus)) == (40, 120)
    assert all(len(grades) == 1 for grades in content.qrels.values())


def test_no_document_repeats_its_query(sets: EvaluationSets) -> None:
    content = read_beir(sets.retrieval)
    for name, query in content.queries.items():
        assert " ".join(tokens(query)) not in " ".join(tokens(content.corpus[name].text))


def test_documents_are_short_and_distinct(sets: EvaluationSets) -> None:
    texts = [document.text for document in read_beir(sets.retrieval).corpus.values()]
    assert len(set(texts)) == len(texts)
    assert max(len(text.split()) for text in texts) <= SIZES.words


def test_labels_are_balanced_and_not_named_in_the_text(sets: EvaluationSets) -> None:
    train = rows(sets.classification / "train.jsonl")
    assert set(Counter(row["label"] for row in train).values()) == {SIZES.train_per_label}
    assert len({row["label"] for row in train}) == SIZES.labels
    assert not [row for row in train if row["label"].strip("_") in tokens(row["text"])]


def test_no_text_is_both_trained_and_tested_on(sets: EvaluationSets) -> None:
    train = {row["text"] for row in rows(sets.classification / "train.jsonl")}
    test = {row["text"] for row in rows(sets.classification / "test.jsonl")}
    assert len(test) == SIZES.labels * SIZES.test_per_label
    assert not train & test


def test_clusters_are_modules(sets: EvaluationSets) -> None:
    labels = Counter(row["labels"] for row in rows(sets.clustering / "test.jsonl"))
    assert set(labels.values()) == {SIZES.texts_per_cluster}
    assert len(labels) == SIZES.clusters


def library(root: Path) -> Path:
    """Ten packages of six documented functions each, all in different words."""
    for package in range(10):
        folder = root / f"package{package}"
        folder.mkdir(parents=True)
        for module in range(6):
            found = [f"{letter}{package}{module}" for letter in "abcdefghijklmnop"]
            text = f"{' '.join(found[:6]).capitalize()}. {' '.join(found[6:]).capitalize()}."
            (folder / f"m{module}.py").write_text(f'def f():\n    """{text}"""\n')
    return root


SMALL = Sizes(
    queries=4,
    documents=6,
    labels=2,
    train_per_label=3,
    test_per_label=2,
    clusters=2,
    texts_per_cluster=1,
)


def test_the_same_library_gives_the_same_bytes(tmp_path: Path) -> None:
    root = library(tmp_path / "lib")
    one = build_evaluation_sets(tmp_path / "one", sizes=SMALL, root=root)
    two = build_evaluation_sets(tmp_path / "two", sizes=SMALL, root=root)
    files = sorted(path.relative_to(one.folder) for path in one.folder.rglob("*.*"))
    assert files
    assert all((one.folder / it).read_bytes() == (two.folder / it).read_bytes() for it in files)


def test_built_sets_are_reused_until_the_sizes_change(tmp_path: Path) -> None:
    root, folder = library(tmp_path / "lib"), tmp_path / "sets"
    build_evaluation_sets(folder, sizes=SMALL, root=root)
    before = (folder / "manifest.json").stat().st_ino
    build_evaluation_sets(folder, sizes=SMALL, root=root)
    assert (folder / "manifest.json").stat().st_ino == before
    again = build_evaluation_sets(
        folder, sizes=Sizes(**{**_fields(SMALL), "queries": 3}), root=root
    )
    assert again.counts["retrieval_queries"] == len(read_beir(again.retrieval).queries) == 3


def _fields(sizes: Sizes) -> dict[str, int]:
    return {name: getattr(sizes, name) for name in Sizes.__slots__}


def test_says_when_the_library_is_too_small(tmp_path: Path) -> None:
    with pytest.raises(
        BadInput, match=r"documents: 450 asked for, the library has \d+; ask for fewer"
    ):
        build_evaluation_sets(tmp_path / "sets", root=library(tmp_path / "lib"))
    assert not (tmp_path / "sets").exists()


def test_does_not_overwrite_other_files(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match="name a new or empty folder"):
        build_evaluation_sets(tmp_path)


def test_a_library_without_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no Python sources"):
        read_docstrings(tmp_path)


def test_nothing_is_imported(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text('"""Says hello. And more."""\nraise SystemExit(1)\n')
    assert [(text.name, text.first) for text in read_docstrings(tmp_path)] == [("m", "Says hello.")]


@pytest.mark.parametrize(
    ("text", "first", "rest"),
    [
        ("Close it. Then\nreturn.", "Close it.", "Then return."),
        ("Close it\n\nThen return.", "Close it", "Then return."),
        ("Use e.g. this one.\n\n>>> f()\n1\n\nDone.", "Use e.g. this one.", "Done."),
        ("f(x) -> y\n\nFor x, give y.", "", "For x, give y."),
        ("f(x): Give y.", "Give y.", ""),
    ],
    ids=["sentence", "paragraph", "session", "signature", "signature before"],
)
def test_splits_the_first_sentence_from_the_prose(text: str, first: str, rest: str) -> None:
    assert split_first_sentence(text) == (first, rest)
