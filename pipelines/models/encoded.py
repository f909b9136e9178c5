"""How many texts an embedder has encoded, for a heartbeat to tell."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sentence_transformers import SentenceTransformer

from littlegiants.heartbeat import doing
from pipelines.progress import meter


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
