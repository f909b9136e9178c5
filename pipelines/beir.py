"""Retrieval sets in BEIR's format: corpus.jsonl, queries.jsonl and qrels/test.tsv in one folder."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from littlegiants.errors import BadInput

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels/test.tsv"
HEADER = ("query-id", "corpus-id", "score")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a corpus; the title may be empty."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Texts of the queries by id, documents by id, and for each query its documents' grades."""

    queries: Mapping[str, str]
    corpus: Mapping[str, Document]
    qrels: Mapping[str, Mapping[str, int]]


def write_beir(folder: Path, content: RetrievalSet) -> None:
    """Write `content` as a BEIR folder."""
    (folder / QRELS).parent.mkdir(parents=True, exist_ok=True)
    documents = ({"_id": d.id, "title": d.title, "text": d.text} for d in content.corpus.values())
    write_jsonl(folder / CORPUS, documents)
    queries = ({"_id": id, "text": text} for id, text in content.queries.items())
    write_jsonl(folder / QUERIES, queries)
    judged = (
        (query, document, str(grade))
        for query, grades in content.qrels.items()
        for document, grade in grades.items()
    )
    lines = ("\t".join(cells) + "\n" for cells in (HEADER, *judged))
    (folder / QRELS).write_text("".join(lines), "utf-8")


def write_jsonl(path: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """One JSON object a line."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), "utf-8")


def read_beir(folder: Path) -> RetrievalSet:
    """The retrieval set in `folder`, without the queries that its test split does not judge.

    Raises BadInput naming file, line and remedy when a file or key is missing, an id is twice there
    or unknown, a grade is not a whole number, or no query has a relevant document.
    """
    corpus = {
        row["_id"]: Document(row["_id"], row.get("title") or "", row["text"])
        for row in _unique(folder / CORPUS)
    }
    queries = {row["_id"]: row["text"] for row in _unique(folder / QUERIES)}
    qrels = _read_qrels(folder / QRELS, queries, corpus)
    judged = {id: text for id, text in queries.items() if id in qrels}
    return RetrievalSet(judged, corpus, qrels)


def _unique(path: Path) -> Iterator[dict[str, Any]]:
    seen = set()
    for number, row in read_jsonl(path, ("_id", "text")):
        if row["_id"] in seen:
            raise BadInput(f"{path}:{number}: _id {row['_id']!r} is there twice; keep one of them")
        seen.add(row["_id"])
        yield row
    if not seen:
        raise BadInput(f"{path}: no rows; write one JSON object with _id and text a line")


def read_jsonl(path: Path, keys: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and objects of a JSONL file, each with a non-empty string under all `keys`.

    Raises BadInput naming file, line and remedy.
    """
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise BadInput(
                f"{path}:{number}: not JSON ({error}); write one object a line"
            ) from error
        for key in keys:
            value = row.get(key) if isinstance(row, dict) else None
            if not isinstance(value, str) or not value.strip():
                raise BadInput(
                    f"{path}:{number}: {key} is missing or not text; give a non-empty string"
                )
        yield number, row


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").split("\n")
    except OSError as error:
        raise BadInput(
            f"{path}: cannot be read ({error.strerror}); "
            f"a BEIR folder holds {CORPUS}, {QUERIES} and {QRELS}"
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path}: not UTF-8 at byte {error.start}; convert the file to UTF-8"
        ) from error


def _read_qrels(
    path: Path, queries: Mapping[str, str], corpus: Mapping[str, Document]
) -> dict[str, dict[str, int]]:
    header, *lines = _lines(path)
    if tuple(header.strip().split("\t")) != HEADER:
        raise BadInput(f"{path}:1: the first line is {header!r}; write {' TAB '.join(HEADER)}")
    qrels: dict[str, dict[str, int]] = {}
    for number, line in enumerate(lines, start=2):
        if line.strip():
            query, document, grade = _judgement(f"{path}:{number}", line.rstrip("\r"))
            _known(f"{path}:{number}: query-id", query, QUERIES, queries)
            _known(f"{path}:{number}: corpus-id", document, CORPUS, corpus)
            if grade > 0:
                qrels.setdefault(query, {})[document] = grade
    if not qrels:
        raise BadInput(
            f"{path}: no query has a relevant document; give at least one line with score 1"
        )
    return qrels


def _judgement(place: str, line: str) -> tuple[str, str, int]:
    try:
        query, document, grade = line.split("\t")
        return query, document, int(grade)
    except ValueError as error:
        raise BadInput(
            f"{place}: {line!r} is not query-id TAB corpus-id TAB whole number"
        ) from error


def _known(place: str, id: str, file: str, ids: Mapping[str, Any]) -> None:
    if id not in ids:
        raise BadInput(f"{place} {id!r} is not in {file}; add it there or remove this line")
