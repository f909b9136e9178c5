"""Retrieval sets in BEIR's format: corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv in one folder."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from littlegiants.errors import BadInput
from pipelines.storage.jsonl import lines_of, read_jsonl, string_at, write_jsonl

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels"
TEST = "test"
HEADER = ("query-id", "corpus-id", "score")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a corpus; title, text or both may be empty."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Texts of the queries by id, documents by id, and for each query its documents' grades.

    A document that is judged need not be in the corpus (in the published ArguAna five are not):
    then no search finds it.
    """

    queries: Mapping[str, str]
    corpus: Mapping[str, Document]
    qrels: Mapping[str, Mapping[str, int]]
    split: str = TEST

    @property
    def missing(self) -> set[str]:
        """Judged documents that are not in the corpus."""
        return {id for grades in self.qrels.values() for id in grades} - set(self.corpus)

    @property
    def textless(self) -> list[str]:
        """Documents with neither title nor text."""
        return [d.id for d in self.corpus.values() if not (d.title.strip() or d.text.strip())]


def write_beir(folder: Path, content: RetrievalSet) -> None:
    """Write `content` as a BEIR folder."""
    (folder / QRELS).mkdir(parents=True, exist_ok=True)
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
    (folder / QRELS / f"{content.split}.tsv").write_text("".join(lines), "utf-8")


def folder_and_split(reference: str) -> tuple[Path, str]:
    """The folder, and the split where `FOLDER#SPLIT` names one."""
    folder, _, split = reference.rpartition("#")
    if not folder or Path(reference).is_dir():
        return Path(reference), ""
    return Path(folder), split


def read_beir(folder: Path, split: str = "") -> RetrievalSet:
    """The retrieval set in `folder`, without the queries that its split does not judge.

    Without a name the split is `test`, or the only one that is there.
    Raises BadInput naming file, line and remedy when a file or key is missing, a value is of the
    wrong type, an id is twice there or a query's unknown, a grade is not a whole number, or no
    query has a relevant document.
    """
    corpus = {row["_id"]: _document(row) for row in _unique(folder / CORPUS)}
    rows = {row["_id"]: row for row in _unique(folder / QUERIES)}
    path = _qrels_file(folder, split)
    qrels = _read_qrels(path, rows)
    content = RetrievalSet(_judged(folder / QUERIES, rows, qrels), corpus, qrels, path.stem)
    if content.missing.issuperset(id for grades in qrels.values() for id in grades):
        raise BadInput(f"{path}: no judged document is in {CORPUS}; check the ids of both files")
    return content


def _document(row: Mapping[str, str]) -> Document:
    return Document(row["_id"], row["title"], row["text"])


def _judged(path: Path, rows: Mapping[str, Any], qrels: Iterable[str]) -> dict[str, str]:
    """Texts of the queries that are judged."""
    for id in qrels:
        if not rows[id]["text"].strip():
            raise BadInput(f"{path}: query {id!r} is judged and has no text; give it one")
    judged = set(qrels)
    return {id: row["text"] for id, row in rows.items() if id in judged}


def _unique(path: Path) -> Iterator[dict[str, str]]:
    """The rows with _id, title and text; what is absent of a title is empty."""
    seen = set()
    for number, row in read_jsonl(path, ("_id",)):
        place = f"{path}:{number}"
        if row["_id"] in seen:
            raise BadInput(f"{place}: _id {row['_id']!r} is there twice; keep one of them")
        seen.add(row["_id"])
        if "text" not in row:
            raise BadInput(f"{place}: text is missing; give a string, which may be empty")
        yield {key: string_at(place, key, row.get(key)) for key in ("_id", "title", "text")}
    if not seen:
        raise BadInput(f"{path}: no rows; write one JSON object with _id and text a line")


def _qrels_file(folder: Path, split: str) -> Path:
    found = sorted(path.stem for path in (folder / QRELS).glob("*.tsv"))
    for name in (split,) if split else (TEST, *(found if len(found) == 1 else ())):
        if name in found:
            return folder / QRELS / f"{name}.tsv"
    if not found:
        raise BadInput(f"{folder / QRELS}: no judgements; write {QRELS}/{split or TEST}.tsv")
    raise BadInput(
        f"{folder / QRELS}: there is no {split or TEST}.tsv; name one of its splits after the "
        f"folder: {', '.join(f'{folder}#{name}' for name in found)}"
    )


def _read_qrels(path: Path, queries: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    header, *lines = lines_of(path)
    if tuple(header.strip().split("\t")) != HEADER:
        raise BadInput(f"{path}:1: the first line is {header!r}; write {' TAB '.join(HEADER)}")
    qrels: dict[str, dict[str, int]] = {}
    for number, line in enumerate(lines, start=2):
        if line.strip():
            query, document, grade = _judgement(f"{path}:{number}", line.rstrip("\r"))
            if query not in queries:
                raise BadInput(
                    f"{path}:{number}: query-id {query!r} is not in {QUERIES}; "
                    "add it there or remove this line"
                )
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
