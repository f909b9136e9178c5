"""Whether the texts of a draft belong together, as a reference embedder sees them.

Form says nothing of content: of a small writer's valid rows every second has a negative that is
nearer than its positive. The reference is the free judge's scorer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from littlegiants.heartbeat import doing
from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from pipelines.data.similarity import LABELS, Similarity

Vectors = NDArray[np.float32]
READ_TOKENS = 256
"""Of a text, by the scorer."""
FIELD_MOVED = "field_moved"


class TextVectors(Protocol):
    """A reference embedder."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 a text."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Vectors of the texts of some samples."""

    vectors: Mapping[str, Vectors]

    @classmethod
    def by(cls, reference: TextVectors, samples: Sequence[Sample]) -> "Seen":
        """The texts of `samples`, each embedded once."""
        texts = sorted({text for sample in samples for text in sample.texts})
        return cls(dict(zip(texts, reference.vectors(texts), strict=True)))

    def cosine(self, one: str, other: str) -> float:
        """Of two texts."""
        return float(self.vectors[one] @ self.vectors[other])

    def similarity(self, sample: Sample) -> Similarity:
        """Of the query to the documents."""
        cosines = [self.cosine(sample.query, text) for text in sample.texts[1:]]
        return Similarity(cosines[0], cosines[1] if len(cosines) > 1 else None)

    def worth(self, sample: Sample) -> float:
        """How well its texts belong together, as the free judge has it."""
        return self.similarity(sample).worth(sample.kind)


def scorer_of(model: Path) -> TextVectors:
    """The scorer in a folder, as texts' vectors."""
    from pipelines.models.encoded import ShortTexts

    with doing("loading the scorer"):
        return ShortTexts(model, longest=READ_TOKENS)


def why_not_revised(draft: Sample, revision: Sample, seen: Seen) -> str:
    """Why the draft is kept: `field_moved`, `score_fell`, or empty where the revision may stand.

    A field has moved when it is nearer to another field of the draft than to its own: a revised
    positive that was the negative is the worst fault that a row can have.
    """
    for place, text in enumerate(revision.texts):
        nearness = [seen.cosine(text, each) for each in draft.texts]
        if max(nearness) > nearness[place] + 1e-6:
            return FIELD_MOVED
    return "score_fell" if seen.worth(revision) < seen.worth(draft) else ""


def content_faults(
    samples: Sequence[Sample], seen: Seen, *, round_trip: int, fair_negatives: bool
) -> list[str]:
    """For each sample why it goes, empty where it stays; 0 for `round_trip` leaves that out.

    `positive_not_found`: its own positive is not among the `round_trip` nearest of its kind's (Dai,
    arXiv 2209.11755, and all that publish filters since). `negative_is_nearer`: the negative is
    nearer the query than the positive. Labels are not judged so.
    """
    faults = [""] * len(samples)
    if round_trip:
        for place in _lost(samples, seen, round_trip):
            faults[place] = "positive_not_found"
    for place, sample in enumerate(samples):
        if fair_negatives and not faults[place] and sample.kind not in LABELS and sample.negative:
            found = seen.similarity(sample)
            if found.negative is not None and found.negative > found.positive:
                faults[place] = "negative_is_nearer"
    return faults


def _lost(samples: Sequence[Sample], seen: Seen, most: int) -> list[int]:
    lost = []
    for kind in set(Kind) - LABELS:
        places = [place for place, sample in enumerate(samples) if sample.kind is kind]
        documents = sorted({samples[place].positive for place in places})
        if len(documents) <= most:
            continue
        matrix = np.stack([seen.vectors[text] for text in documents])
        row = {text: number for number, text in enumerate(documents)}
        for place in places:
            nearness = matrix @ seen.vectors[samples[place].query]
            own = nearness[row[samples[place].positive]]
            if int((nearness > own).sum()) >= most:
                lost.append(place)
    return lost
