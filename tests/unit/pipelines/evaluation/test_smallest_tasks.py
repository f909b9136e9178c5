"""Of a benchmark the smallest task of each type is rehearsed, or a built-in set in its place."""

from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from pipelines.evaluation.beir import Document, RetrievalSet, read_beir, write_beir
from pipelines.evaluation.smallest_tasks import DOCUMENTS, QUERIES, cut_beir, smallest_tasks


def test_builtin_sets_are_rehearsed_as_they_are(tmp_path: Path) -> None:
    assert smallest_tasks(["stdlib-clustering"], tmp_path) == (["stdlib-clustering"], [])


def test_where_no_hub_answers_builtin_sets_stand_in_and_it_is_told(tmp_path: Path) -> None:
    tasks, notes = smallest_tasks(["MTEB(eng, v1)"], tmp_path)
    assert tasks == ["stdlib-retrieval", "stdlib-classification", "stdlib-clustering"]
    assert notes[0].startswith("56 tasks of MTEB")
    assert any(note.startswith("Retrieval, 15 tasks: stdlib-retrieval stands in") for note in notes)
    assert any(note.startswith("STS, 10 tasks: not rehearsed") for note in notes)


def test_a_task_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="NoSuchTask"):
        smallest_tasks(["NoSuchTask"], tmp_path)


def test_of_a_folder_some_queries_and_their_documents_are_taken(tmp_path: Path) -> None:
    names = [str(number) for number in range(500)]
    corpus = {name: Document(name, "", f"text {name}") for name in names}
    whole = RetrievalSet(
        {name: f"query {name}" for name in names}, corpus, {name: {name: 1} for name in names}
    )
    write_beir(tmp_path / "whole", whole)
    ((reference,), _) = smallest_tasks([f"beir:{tmp_path / 'whole'}"], tmp_path / "cut")
    cut = read_beir(Path(reference.removeprefix("beir:")))
    assert len(cut.queries) == QUERIES
    assert len(cut.corpus) == QUERIES + DOCUMENTS
    assert cut.qrels == {name: {name: 1} for name in cut.queries}
    assert cut_beir(f"beir:{tmp_path / 'whole'}", tmp_path / "cut") == reference
