"""The margin scorer, a free judge: a relevant positive, and the hardest negative that is fair."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from littlegiants.dtypes import Dtype
from littlegiants.heartbeat import doing
from littlegiants.samples import Sample
from pipelines.data.preference_selection import Choice, NoChoice, choose_by_margin, is_valid
from pipelines.data.records import Candidate
from pipelines.data.similarity import Similarity
from pipelines.models.devices import computing
from pipelines.models.encoded import encoded_told

MAX_LENGTH = 256
"""Tokens of a text that are read."""


def margins(
    samples: Sequence[Sample],
    *,
    model: Path | str,
    dtype: Dtype = "auto",
) -> list[float]:
    """One number a sample, higher is better; only samples of one prompt are meant to be compared.

    It is `Similarity.worth`: a relevant positive, then the hardest negative that is still fair.
    `model` is an embedder's folder (cosines; queries and documents bare).
    """
    if not samples:
        return []
    found = _embedded(samples, str(model), computing(dtype).dtype)
    return [each.worth(sample.kind) for sample, each in zip(samples, found, strict=True)]


def choose(
    groups: Sequence[Sequence[Candidate]],
    *,
    model: Path | str,
    least_margin: float = 0.02,
    valid_pairs: bool = False,
    dtype: Dtype = "auto",
) -> list[list[Choice] | NoChoice]:
    """For each prompt's candidates the best and the worst, or the reason why there are none.

    A candidate with a reason against it is invalid and never best; `valid_pairs` as in
    `choose_by_margin`. The model is loaded once.
    """
    samples = [each.sample for group in groups for each in group if each.sample and is_valid(each)]
    found = iter(margins(samples, model=model, dtype=dtype))
    return [
        choose_by_margin(
            [next(found) if is_valid(each) else None for each in group],
            least_margin=least_margin,
            valid_pairs=valid_pairs,
        )
        for group in groups
    ]


def _embedded(samples: Sequence[Sample], model: str, dtype: str) -> list[Similarity]:
    with doing("loading the scorer"):
        embedder = SentenceTransformer(model, model_kwargs={"dtype": dtype})
    if embedder.max_seq_length and embedder.max_seq_length > MAX_LENGTH:
        embedder.max_seq_length = MAX_LENGTH
    texts = sorted({text for sample in samples for text in sample.texts})
    with encoded_told(embedder, len(texts)):
        vectors = embedder.encode(texts, prompt="", show_progress_bar=False)
    # normalized here, in float32: in bfloat16 a vector's length is 1 give or take 0.4 %
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    row = {text: vectors[index] for index, text in enumerate(texts)}
    cosines = [
        [float(row[sample.query] @ row[text]) for text in sample.texts[1:]] for sample in samples
    ]
    return [Similarity(each[0], each[1] if len(each) > 1 else None) for each in cosines]
