"""Any BEIR folder is accepted; a faulty one is refused with file, line and remedy."""

from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from pipelines.beir import read_beir, write_beir

CORPUS = '{"_id": "d1", "title": "Rain", "text": "Water."}\n\n{"_id": "d2", "text": "Ice."}\n'
QUERIES = '{"_id": "q1", "text": "wet"}\n{"_id": "q2", "text": "cold", "metadata": {}}\n'
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


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    content = read_beir(beir(tmp_path))
    write_beir(tmp_path / "again", content)
    assert read_beir(tmp_path / "again") == content


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"corpus": CORPUS + "{oops\n"}, r"corpus.jsonl:4: not JSON .*one object a line"),
        ({"corpus": '{"_id": "d1"}\n'}, r"corpus.jsonl:1: text is missing or not text"),
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
        ({"qrels": QRELS + "q1\td9\t1\n"}, r"test.tsv:4: corpus-id 'd9' is not in corpus.jsonl"),
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
