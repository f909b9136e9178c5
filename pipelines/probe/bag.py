"""The probe: a bag of a model's input vectors, one weight a token and one matrix learnt from pairs.

It has no layers, so that a training takes a second or two of one core, and what it learns is how
much the pairs say: rows whose documents are shuffled teach it little. It is a floor and a sensor,
not an embedder to deliver.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, embedding_bag, normalize
from torch.optim import AdamW
from torch.optim.lr_scheduler import LinearLR

from littlegiants.errors import BadInput
from pipelines.models.input_vectors import input_vectors
from pipelines.training.rows import Triplet


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """How a probe is trained; the same for all that are compared."""

    steps: int = 60
    batch_size: int = 128
    temperature: float = 0.05
    learning_rate: float = 0.001
    pull: float = 1.0
    """Weight decay towards the untrained bag: few rows must not spoil what the vectors know."""
    max_length: int = 96
    """Tokens of a text that are read."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """A base's tokenizer and input vectors, read once for many probes."""

    tokenizer: Tokenizer
    table: Tensor

    @classmethod
    def of(cls, base: Path) -> "Vectors":
        """Those of the model in folder `base`, each of about unit length."""
        tokenizer, table = input_vectors(base)
        tokenizer.no_padding()
        return cls(tokenizer, table / table.norm(dim=1).mean())

    def tokens(self, texts: Sequence[str], most: int) -> list[list[int]]:
        """Tokens of each text, at most so many."""
        read = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [each.ids[:most] for each in read]


class WeightedBag(nn.Module):
    """A text's vector: the sum over its tokens of weight x vector, turned by one matrix.

    Untrained, it is the plain mean of the vectors.
    """

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.table = table
        self.weights = nn.Parameter(torch.zeros(len(table)))
        self.turn = nn.Parameter(torch.zeros(table.shape[1], table.shape[1]))

    def forward(self, texts: Sequence[Sequence[int]]) -> Tensor:
        """Unit vectors, texts x width; an empty text is the zero vector."""
        ids = torch.tensor([id for text in texts for id in text], dtype=torch.long)
        starts = torch.tensor([0, *map(len, texts)], dtype=torch.long).cumsum(0)[:-1]
        weights = self.weights[ids].exp()
        summed = embedding_bag(ids, self.table, starts, mode="sum", per_sample_weights=weights)
        return normalize(summed + summed @ self.turn)

    def folded(self) -> Tensor:
        """One vector a token, whose mean over a text has the direction of the text's vector."""
        weighted = self.table * self.weights.exp()[:, None]
        return (weighted + weighted @ self.turn).detach()


def train_probe(
    rows: Sequence[Triplet], vectors: Vectors, *, seed: int, settings: ProbeSettings | None = None
) -> SentenceTransformer:
    """A probe trained on the pairs of `rows`, as a sentence-transformers model; queries bare.

    InfoNCE over a batch of one kind, in which rows with the same document are not each other's
    negatives. The same rows, whatever their order, and the same seed give the same probe.
    Raises BadInput for fewer than two rows.
    """
    settings = settings or ProbeSettings()
    rows = sorted(rows, key=lambda row: (row.kind, row.query, row.positive))
    if len(rows) < 2:
        raise BadInput(f"rows: {len(rows)}; a probe needs two to tell apart")
    queries = vectors.tokens([row.query for row in rows], settings.max_length)
    documents = vectors.tokens([row.positive for row in rows], settings.max_length)
    rng = torch.Generator().manual_seed(seed)
    bag = WeightedBag(vectors.table)

    def loss() -> Tensor:
        batch = _batch(rows, settings.batch_size, rng)
        scores = bag([queries[n] for n in batch]) @ bag([documents[n] for n in batch]).T
        scores = scores.masked_fill(_twins([rows[n] for n in batch]), -1)
        return cross_entropy(scores / settings.temperature, torch.arange(len(batch)))

    learn(bag, loss, settings)
    return as_model(vectors, bag.folded())


def learn(
    bag: WeightedBag,
    loss: Callable[[], Tensor],
    settings: ProbeSettings,
    *,
    averaged: Collection[int] = (),
) -> None:
    """Train `bag` on the loss of ever new batches.

    It ends with the mean of its weights after the `averaged` steps, from 1, where there are any.
    """
    optimizer = AdamW(bag.parameters(), settings.learning_rate, weight_decay=settings.pull)
    rate, kept = LinearLR(optimizer, 1, 0.05, settings.steps), []
    for step in range(1, settings.steps + 1):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        rate.step()
        if step in averaged:
            kept.append([each.detach().clone() for each in bag.parameters()])
    for weights, *found in zip(bag.parameters(), *kept, strict=True) if kept else ():
        weights.data = torch.stack(found).mean(dim=0)


def as_model(vectors: Vectors, table: Tensor) -> SentenceTransformer:
    """A bag of these vectors behind the usual interface."""
    words = StaticEmbedding(vectors.tokenizer, embedding_weights=table)
    return SentenceTransformer(modules=[words, Normalize()], device="cpu")


def untrained_probe(vectors: Vectors) -> SentenceTransformer:
    """What every probe begins as: the plain mean of the input vectors."""
    return as_model(vectors, vectors.table)


def _batch(rows: Sequence[Triplet], size: int, rng: torch.Generator) -> list[int]:
    """Rows of one kind, which is drawn by its share: another kind's documents differ in form."""
    first = int(torch.randint(len(rows), (1,), generator=rng))
    own = [n for n, row in enumerate(rows) if row.kind == rows[first].kind]
    order = torch.randperm(len(own), generator=rng)[:size]
    return [own[int(n)] for n in order]


def _twins(rows: Sequence[Triplet]) -> Tensor:
    """Where another row has the same document: it is no negative."""
    same = [[a.positive == b.positive for b in rows] for a in rows]
    return torch.tensor(same).logical_and(~torch.eye(len(rows), dtype=torch.bool))
