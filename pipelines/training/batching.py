"""Which rows may meet in a batch when an embedder is trained.

Rows of one kind meet. Retrieval, STS and matching rows take the other documents of their batch as
negatives, and no batch holds the same text twice (Gemini Embedding, arXiv 2503.07891, masks such
pairs). Classification rows take only their own misleading label: many rows share few labels and
would be false negatives of each other (NV-Embed, arXiv 2405.17428).
"""

from collections.abc import Mapping

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from pipelines.training.rows import Triplet, query_text

Columns = dict[str, str]

OWN_NEGATIVES = frozenset({Kind.CLASSIFICATION})
"""Kinds with label-like documents: no text of another row is a negative."""


PAIRS = "_pairs"
"""Ends the name of a group whose rows have no negative of their own."""


def group_of(row: Triplet, *, hard_negatives: bool) -> str:
    """Name of the group in which a row is trained."""
    own_negative = row.negative and (hard_negatives or row.kind in OWN_NEGATIVES)
    return row.kind if own_negative else row.kind + PAIRS


def kind_of(group: str) -> str:
    """The kind of a group's rows."""
    return group.removesuffix(PAIRS)


def columns_of(row: Triplet, group: str) -> Columns:
    """A row as columns of text."""
    columns = {"query": query_text(row.task, row.query), "positive": row.positive}
    return columns if group.endswith(PAIRS) else columns | {"negative": row.negative}


def untrainable(counts: Mapping[str, int]) -> dict[str, str]:
    """Groups that cannot be trained on, each with the reason for which its rows are dropped.

    Raises BadInput when no other is left.
    """
    reasons = {group: _reason(group, count) for group, count in counts.items()}
    found = {group: reason for group, reason in reasons.items() if reason}
    if len(found) == len(counts):
        count = sum(counts.values())
        raise BadInput(f"rows: none of {count} has a negative or another row of its kind")
    return found


def _reason(group: str, row_count: int) -> str:
    if not group.endswith(PAIRS):
        return ""
    if kind_of(group) in OWN_NEGATIVES:
        return "no_negative"
    return "alone_in_its_kind" if row_count == 1 else ""
