"""Vectors of short texts by a reference embedder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from littlegiants.dtypes import Dtype
from pipelines.models.devices import computing

LONGEST = 32
"""Tokens of a text that are read."""


class ShortTexts:
    """An embedder, loaded once."""

    def __init__(self, model: Path, dtype: Dtype = "auto") -> None:
        chosen = computing(dtype).dtype
        self._embedder = SentenceTransformer(str(model), model_kwargs={"dtype": chosen})
        self._embedder.max_seq_length = LONGEST

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector of length 1 a text, texts bare."""
        found = self._embedder.encode(
            list(texts), prompt="", batch_size=128, show_progress_bar=False
        )
        return found / np.linalg.norm(found, axis=1, keepdims=True)
