"""Sets that come with the code: Python's documentation to retrieve, to classify, to cluster."""

from dataclasses import dataclass
from pathlib import Path

from littlegiants.errors import BadInput
from pipelines.evaluation.beir import Document, RetrievalSet
from pipelines.storage.jsonl import read_jsonl

TEXTS = Path(__file__).with_name("stdlib") / "texts.jsonl"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of the retrieval set: its first documents, and the queries of the first of these."""

    queries: int = 150
    documents: int = 450


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of one set."""
    return [row for _, row in read_jsonl(TEXTS, ("set", "text")) if row["set"] == name]


def retrieval_set(sizes: Sizes) -> RetrievalSet:
    """First sentences as queries, the rest of each text as its document.

    Raises BadInput when there is less than is asked for.
    """
    rows = rows_of("retrieval")
    if sizes.documents > len(rows):
        raise BadInput(
            f"evaluate.document_count: {sizes.documents} of {len(rows)} documents; ask for fewer"
        )
    if sizes.queries > sizes.documents:
        raise BadInput(
            f"evaluate.query_count: {sizes.queries} of {sizes.documents} documents; "
            "ask for fewer queries"
        )
    rows = rows[: sizes.documents]
    queries = {row["id"]: row["query"] for row in rows[: sizes.queries]}
    corpus = {row["id"]: Document(row["id"], "", row["text"]) for row in rows}
    # in the order of names, so that no query's own document wins a tie by standing first
    return RetrievalSet(queries, dict(sorted(corpus.items())), {id: {id: 1} for id in queries})
