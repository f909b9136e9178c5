"""A model that is scored: how it reads, and what decides its embeddings."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from littlegiants.dtypes import Dtype
from littlegiants.tasks import digest
from pipelines.evaluation.controls import Bare, Words
from pipelines.evaluation.encoder import (
    Embedder,
    InstructedEncoder,
    content_digest,
    cut_to,
    open_embedder,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How texts are read; the same for every model, so that scores compare.

    Queries carry the task's instruction (rows.query_text), documents stay bare. A model that is
    given as a folder computes in `dtype`.
    """

    max_length: int = 96
    batch_size: int = 32
    dtype: Dtype = "auto"
    instructions: Mapping[str, str] = field(default_factory=dict)
    """By a task's name, in place of mteb's own."""


Scorable: TypeAlias = Embedder | Bare | Words


class ScoredEmbedder:
    """A model, how it reads, and a digest of what decides its embeddings."""

    def __init__(self, name: str, model: Scorable, reading: Reading) -> None:
        self.name, self.reading = name, reading
        self.is_bare = isinstance(model, Bare)
        given = model.model if isinstance(model, Bare) else model
        self.model = given if isinstance(given, Words) else open_embedder(given, reading.dtype)
        told = [] if isinstance(self.model, Words) else [content_digest(self.model)]
        self.revision = digest([*told, self.is_bare, reading.max_length])

    def encoder(self, instruction: str) -> Any:
        """The model as MTEB sees it on a task with this instruction."""
        if isinstance(self.model, Words):
            return self.model
        return InstructedEncoder(
            self.model,
            name=self.name,
            revision=self.revision,
            instruction="" if self.is_bare else instruction,
            batch_size=self.reading.batch_size,
        )

    def cut(self) -> Any:
        """The model reads no more than the reading says for the time of the block."""
        if isinstance(self.model, Words):
            return nullcontext()
        return cut_to(self.model, self.reading.max_length)
