"""What similarities say of a sample: related, no copy, its negative fair and hard."""

from dataclasses import dataclass

from littlegiants.kinds import Kind

NEAR_COPY = 0.85
"""Cosine from which a positive says the query again; close paraphrases have about as much."""
RELEVANT = 0.3
"""Cosine below which a positive has hardly to do with its query."""
FAIR = 0.95
"""A negative nearer than this share of the positive's cosine may well be a positive (NV-Retriever,
arXiv 2407.15831)."""
LABELS = frozenset({Kind.CLASSIFICATION})
"""Kinds with labels for documents: how near a text is to a name says little of the label."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """Cosines of a query to its positive and, where there is one, to its negative."""

    positive: float
    negative: float | None

    @property
    def is_fair(self) -> bool:
        """Whether the negative is clearly farther than the positive."""
        return self.negative is None or self.negative <= FAIR * self.positive

    def worth(self, kind: Kind) -> float:
        """One number, higher is better; only samples of one prompt are meant to be compared.

        First the positive must be relevant, then the negative fair; of those that are, the harder
        negative and the nearer positive are worth more: an easy negative teaches nothing. Labels
        are compared by the positive alone, as pairs without a negative are.
        """
        related = closeness(self.positive)
        if related < RELEVANT:
            return related - 1
        if self.negative is None or kind in LABELS:
            return related
        if not self.is_fair:
            return FAIR * self.positive - self.negative
        return related + max(0.0, self.negative)


def closeness(similarity: float) -> float:
    """A positive's worth by itself: related, but not the query again.

    Up to NEAR_COPY it is the similarity itself; from there it falls in a straight line, so that a
    word-for-word copy (1.0) is worth 0, as much as an unrelated text.
    """
    if similarity <= NEAR_COPY:
        return similarity
    return NEAR_COPY * (1 - similarity) / (1 - NEAR_COPY)
