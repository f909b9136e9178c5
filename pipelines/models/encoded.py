"""Texts through an embedder: short ones as vectors, and how many are done, for a heartbeat."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from littlegiants.dtypes import Dtype
from littlegiants.heartbeat import doing
from pipelines.models.devices import computing
from pipelines.step_progress import meter

LONGEST = 32
"""Tokens of a text that are read."""


@contextmanager
def encoded_told(embedder: SentenceTransformer, total: int) -> Iterator[None]:
    """Within the block `embedder` encodes `total` texts; count, rate and time left are told."""
    began, count = time.monotonic(), 0

    def passed(module: Any, inputs: tuple[dict[str, Any]], outputs: Any) -> None:
        nonlocal count
        count += len(inputs[0]["input_ids"])

    hook = embedder[0].register_forward_hook(passed)
    try:
        with doing(lambda: meter(count, total, began, prefix="encoding", unit="text")):
            yield
    finally:
        hook.remove()


class ShortTexts:
    """An embedder, loaded once."""

    def __init__(self, model: Path, dtype: Dtype = "auto", *, longest: int = LONGEST) -> None:
        chosen = computing(dtype).dtype
        self._embedder = SentenceTransformer(str(model), model_kwargs={"dtype": chosen})
        self._embedder.max_seq_length = longest

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector of length 1 a text, texts bare."""
        found = self._embedder.encode(
            list(texts), prompt="", batch_size=128, show_progress_bar=False
        )
        return found / np.linalg.norm(found, axis=1, keepdims=True)
