"""Any BEIR folder is accepted; a faulty one is refused with file, line and remedy."""

from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from pipelines.evaluation.beir import folder_and_split, read_beir, write_beir

CORPUS = '{"_id": "d1", "title": "Rain", "text": "Water."}\n\n{"_id": "d2", "text": "Ice."}\n'
QUERIES = '{"_id": "q1", "text": "wet"}\n{"_id": "q2", "text": "cold", "metadata": {}}\n'
EMPTY = '{"_id": "q3", "text": "  "}\n'
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n"


def beir(folder: Path, *, corpus: str = CORPUS, queries: str = QUERIES, qrels: str = QRELS) -> Path:
    """A BEIR folder with these files."""
    (folder / "qrels").mkdir()
    (folder / "corpus.jsonl").write_text(corpus)
    (folder / "queries.jsonl").write_text(queries)
    (folder / "qrels/test.tsv").write_text(qrels)
    return folder


def test_reads_judged_queries_with_their_relevant_documents(tmp_path: Path) -> None:
    content = read_beir(beir(tmp_path))
    assert content.queries == {"q1": "wet"}
    assert content.qrels == {"q1": {"d1": 2}}
    assert [(d.title, d.text) for d in content.corpus.values()] == [
        ("Rain", "Water."),
        ("", "Ice."),
    ]


def test_a_judged_document_may_be_missing_from_the_corpus(tmp_path: Path) -> None:
    content = read_beir(beir(tmp_path, qrels=QRELS + "q1\td9\t1\n"))
    assert content.qrels == {"q1": {"d1": 2, "d9": 1}}
    assert content.missing == {"d9"}


@pytest.mark.parametrize("absent", ['""', '" "', "null", "NaN"])
def test_documents_may_lack_a_title_or_a_text_or_both(tmp_path: Path, absent: str) -> None:
    rows = (
        f'{{"_id": "titled", "title": "Snow", "text": {absent}}}\n'
        f'{{"_id": "bare", "title": {absent}, "text": "Hail."}}\n'
        f'{{"_id": "empty", "title": {absent}, "text": {absent}}}\n'
    )
    content = read_beir(beir(tmp_path, corpus=CORPUS + rows))
    assert len(content.corpus) == 5
    assert content.textless == ["empty"]
    assert (content.corpus["titled"].title, content.corpus["bare"].text) == ("Snow", "Hail.")


def test_a_query_without_text_may_be_there_if_nobody_judges_it(tmp_path: Path) -> None:
    queries = QUERIES + '{"_id": "q3", "text": ""}\n'
    assert set(read_beir(beir(tmp_path, queries=queries)).queries) == {"q1"}


def test_the_only_split_is_taken_and_named(tmp_path: Path) -> None:
    folder = beir(tmp_path)
    (folder / "qrels/test.tsv").rename(folder / "qrels/dev.tsv")
    assert read_beir(folder).split == "dev"


def test_a_split_can_be_named_after_the_folder(tmp_path: Path) -> None:
    folder = beir(tmp_path)
    (folder / "qrels/dev.tsv").write_text("query-id\tcorpus-id\tscore\nq2\td2\t1\n")
    assert read_beir(*folder_and_split(f"{folder}#dev")).qrels == {"q2": {"d2": 1}}
    assert read_beir(*folder_and_split(str(folder))).split == "test"


def test_a_folder_may_have_the_splits_sign_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "set#2").mkdir()
    assert folder_and_split(f"{tmp_path}/set#2") == (tmp_path / "set#2", "")


@pytest.mark.parametrize("asked", ["", "tset"])
def test_the_splits_that_are_there_are_named_where_none_is_meant(
    tmp_path: Path, asked: str
) -> None:
    folder = beir(tmp_path)
    (folder / "qrels/test.tsv").rename(folder / "qrels/train.tsv")
    (folder / "qrels/dev.tsv").touch()
    with pytest.raises(BadInput, match=rf"{folder}#dev, {folder}#train"):
        read_beir(folder, asked)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert "d1" in read_beir(beir(tmp_path, corpus="\ufeff" + CORPUS)).corpus


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    content = read_beir(beir(tmp_path))
    write_beir(tmp_path / "again", content)
    assert read_beir(tmp_path / "again") == content


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"corpus": CORPUS + "{oops\n"}, r"corpus.jsonl:4: not JSON .*one object a line"),
        ({"corpus": '{"_id": "d1"}\n'}, r"corpus.jsonl:1: text is missing"),
        ({"corpus": '["d1"]\n'}, r"corpus.jsonl:1: _id is missing"),
        ({"corpus": ""}, r"corpus.jsonl: no rows"),
        ({"queries": QUERIES + QUERIES}, r"queries.jsonl:3: _id 'q1' is there twice"),
        (
            {"queries": '{"_id": 1, "text": "wet"}\n'},
            r"queries.jsonl:1: _id is missing or not text",
        ),
        ({"qrels": "q1\td1\t1\n"}, r"test.tsv:1: the first line is .*query-id TAB corpus-id"),
        ({"qrels": QRELS + "q1 d1 1\n"}, r"test.tsv:4: 'q1 d1 1' is not query-id TAB"),
        ({"qrels": QRELS + "q1\td1\t0.5\n"}, r"test.tsv:4: .*whole number"),
        ({"qrels": QRELS + "q9\td1\t1\n"}, r"test.tsv:4: query-id 'q9' is not in queries.jsonl"),
        ({"qrels": QRELS.replace("d1", "d9")}, r"no judged document is in corpus"),
        (
            {"qrels": QRELS + "q3\td1\t1\n", "queries": QUERIES + EMPTY},
            r"'q3' is judged",
        ),
        (
            {"corpus": CORPUS + '{"_id": "d3", "title": ["a"], "text": ""}'},
            r"corpus.jsonl:4: title",
        ),
        ({"corpus": CORPUS + '{"_id": "d3", "text": Infinity}'}, r"corpus.jsonl:4: text is inf"),
        (
            {"corpus": CORPUS + '{"_id": "d3", "text": "a \\ud83d"}'},
            r"corpus.jsonl:4: text has half",
        ),
        (
            {"queries": QUERIES + '{"_id": "\\udc00", "text": "a"}'},
            r"queries.jsonl:3: _id has",
        ),
        ({"qrels": "query-id\tcorpus-id\tscore\nq1\td1\t0\n"}, r"no query has a relevant document"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_refuses_a_faulty_folder(tmp_path: Path, files: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_beir(beir(tmp_path, **files))


def test_names_the_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"corpus.jsonl: cannot be read .*a BEIR folder holds"):
        read_beir(tmp_path)
