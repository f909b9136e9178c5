"""What embedders are measured against: words alone, the base's input vectors, a known model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mteb.models import ModelMeta
from mteb.models.model_implementations.bm25 import BM25Search
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

from pipelines.evaluation.encoder import Embedder
from pipelines.models.input_vectors import input_vectors

RETRIEVAL = "Retrieval"


@dataclass(frozen=True, slots=True)
class Bare:
    """An embedder that was taught no instructions: it reads queries as they are."""

    model: Embedder


class Words(BM25Search):
    """BM25 over stemmed words, as MTEB has it (Lù, arXiv 2407.03618); for retrieval only."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.mteb_model_meta = ModelMeta.create_empty(
            {"name": f"littlegiants/{name}", "revision": "bm25s"}
        )


def bag_of(base: Path) -> SentenceTransformer:
    """The mean of a text's input vectors in the model at `base`: its tokenizer, none of its layers.

    A fair floor: an untrained decoder read at its last token is near zero whatever it knows.
    """
    tokenizer, vectors = input_vectors(base)
    words = StaticEmbedding(tokenizer, embedding_weights=vectors)
    return SentenceTransformer(modules=[words, Normalize()], device="cpu")


def is_scored_on(model: Any, kind: str) -> bool:
    """Whether `model` can be scored on tasks of this MTEB type."""
    return kind == RETRIEVAL if isinstance(model, Words) else True
