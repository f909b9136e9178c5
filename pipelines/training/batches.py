"""Which rows may meet in a batch when an embedder is trained.

Rows of one kind meet. Retrieval, STS and matching rows take the other documents of their batch as
negatives, and no batch holds the same text twice (Gemini Embedding, arXiv 2503.07891, masks such
pairs). Classification rows take only their own misleading label: many rows share few labels and
would be false negatives of each other (NV-Embed, arXiv 2405.17428).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from pipelines.training.rows import Triplet, query_text

Columns = dict[str, str]

OWN_NEGATIVES = frozenset({Kind.CLASSIFICATION})
"""Kinds with label-like documents: no text of another row is a negative."""


PAIRS = "_pairs"
"""Ends the name of a group whose rows have no negative of their own."""


def groups_of(
    rows: Sequence[Triplet], *, hard_negatives: bool
) -> tuple[dict[str, list[Columns]], dict[str, int]]:
    """Rows as columns of text, by the group in which they are trained; and drops, by reason.

    Raises BadInput when no row is left.
    """
    groups: defaultdict[str, list[Columns]] = defaultdict(list)
    for row in rows:
        group = _group(row, hard_negatives=hard_negatives)
        groups[group].append(_columns(row, with_negative=not group.endswith(PAIRS)))
    dropped: Counter[str] = Counter()
    for group in tuple(groups):
        if reason := _untrainable(group, len(groups[group])):
            dropped[reason] += len(groups.pop(group))
    if not groups:
        raise BadInput(f"rows: none of {len(rows)} has a negative or another row of its kind")
    return dict(groups), dict(dropped)


def _group(row: Triplet, *, hard_negatives: bool) -> str:
    own_negative = row.negative and (hard_negatives or row.kind in OWN_NEGATIVES)
    return row.kind if own_negative else row.kind + PAIRS


def _columns(row: Triplet, *, with_negative: bool) -> Columns:
    columns = {"query": query_text(row.task, row.query), "positive": row.positive}
    return columns | {"negative": row.negative} if with_negative else columns


def _untrainable(group: str, row_count: int) -> str:
    if not group.endswith(PAIRS):
        return ""
    if group.removesuffix(PAIRS) in OWN_NEGATIVES:
        return "no_negative"
    return "alone_in_its_kind" if row_count == 1 else ""
