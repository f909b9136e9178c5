"""Which rows may meet in a batch when an embedder is trained.

Rows of one kind meet. Retrieval, STS and matching rows take the other documents of their batch as
negatives, and no batch holds the same text twice (Gemini Embedding, arXiv 2503.07891, masks such
pairs). The documents of classification rows are labels, which repeat: a row is told apart from its
own misleading label alone (NV-Embed, arXiv 2405.17428), or from all other labels of the batch but
those that are its own.
"""

from collections.abc import Mapping

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from pipelines.recipe.training_sections import EmbedSettings
from pipelines.training.rows import Triplet, query_text

Columns = dict[str, str]

LABELLED = frozenset({Kind.CLASSIFICATION})
"""Kinds whose documents are labels."""


PAIRS = "_pairs"
"""Ends the name of a group whose rows have no negative of their own."""


def group_of(row: Triplet, settings: EmbedSettings) -> str:
    """Name of the group in which a row is trained."""
    wanted = settings.hard_negatives or is_alone(row.kind, settings)
    return row.kind if row.negative and wanted else row.kind + PAIRS


def kind_of(group: str) -> str:
    """The kind of a group's rows."""
    return group.removesuffix(PAIRS)


def has_labels(group: str) -> bool:
    """Whether the documents of a group's rows are labels, which repeat in a batch."""
    return kind_of(group) in LABELLED


def is_alone(group: str, settings: EmbedSettings) -> bool:
    """Whether rows of the group are told apart from their own negatives only."""
    return has_labels(group) and settings.label_negatives == "own"


def columns_of(row: Triplet, group: str) -> Columns:
    """A row as columns of text."""
    columns = {"query": query_text(row.task, row.query), "positive": row.positive}
    return columns if group.endswith(PAIRS) else columns | {"negative": row.negative}


def untrainable(counts: Mapping[str, int], settings: EmbedSettings) -> dict[str, str]:
    """Groups that cannot be trained on, each with the reason for which its rows are dropped.

    Raises BadInput when no other is left.
    """
    reasons = {group: _reason(group, count, settings) for group, count in counts.items()}
    found = {group: reason for group, reason in reasons.items() if reason}
    if len(found) == len(counts):
        count = sum(counts.values())
        raise BadInput(f"rows: none of {count} has a negative or another row of its kind")
    return found


def _reason(group: str, row_count: int, settings: EmbedSettings) -> str:
    if not group.endswith(PAIRS):
        return ""
    if is_alone(group, settings):
        return "no_negative"
    return "alone_in_its_kind" if row_count == 1 else ""
