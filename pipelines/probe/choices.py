"""A probe that is trained as the recipe's embedder is: by its choice of a query's negatives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from torch import Tensor
from torch.nn.functional import cross_entropy

from littlegiants.errors import BadInput
from pipelines.probe.bag import ProbeSettings, Vectors, WeightedBag, as_model, learn
from pipelines.recipe.training_sections import EmbedSettings
from pipelines.training.contrast.batching import (
    PAIRS,
    group_of,
    has_labels,
    is_alone,
    untrainable,
)
from pipelines.training.contrast.false_negatives import FalseNegatives, Guided, SameLabels
from pipelines.training.rows import Triplet

CHOICES = frozenset(
    {
        "hard_negatives",
        "label_negatives",
        "guide",
        "guide_margin",
        "averaged_checkpoints",
        "checkpoint_steps",
    }
)
"""Settings of an embedder that a probe has too; of its 60 steps the last are averaged."""
Guide = Callable[[Sequence[str]], NDArray[np.floating[Any]]]
"""Texts in, their vectors of length 1 out."""
Tokens = list[list[int]]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that meet in a batch, and which documents are wrong as their negatives."""

    queries: Tokens
    documents: tuple[Tokens, ...]
    """By column: positives and, where rows have them, negatives."""
    false: tuple[FalseNegatives, ...]
    alone: bool


def train_chosen_probe(
    rows: Sequence[Triplet],
    vectors: Vectors,
    choices: EmbedSettings,
    *,
    seed: int,
    guide: Guide | None = None,
) -> SentenceTransformer:
    """A probe trained on `rows` by the losses that `choices` gives the embedder; queries bare.

    The batches are the probe's own. The same rows and seed give the same batches whatever the
    choices are, but where they leave out rows. Raises BadInput where none can be trained on.
    """
    settings, rng = ProbeSettings(), torch.Generator().manual_seed(seed)
    groups, bag = groups_of(rows, vectors, choices, guide), WeightedBag(vectors.table)
    shares = torch.tensor([float(len(each.queries)) for each in groups])

    def loss() -> Tensor:
        group = groups[int(torch.multinomial(shares, 1, generator=rng))]
        batch = torch.randperm(len(group.queries), generator=rng)[: settings.batch_size].numpy()
        return loss_of(bag, group, batch, temperature=settings.temperature)

    learn(bag, loss, settings, averaged=averaged_steps(settings.steps, choices))
    return as_model(vectors, bag.folded())


def averaged_steps(total: int, choices: EmbedSettings) -> tuple[int, ...]:
    """Steps, from 1, after which the weights are kept; the mean of them is the result."""
    kept = [step for step in range(1, total) if step % choices.checkpoint_steps == 0]
    return tuple([*kept, total][-choices.averaged_checkpoints :])


def groups_of(
    rows: Sequence[Triplet], vectors: Vectors, choices: EmbedSettings, guide: Guide | None
) -> list[Group]:
    """The rows by group, as the embedder groups them, in an order of their own."""
    found: dict[str, list[Triplet]] = {}
    for row in sorted(rows, key=lambda each: (each.kind, each.query, each.positive)):
        found.setdefault(group_of(row, choices), []).append(row)
    if not found:
        raise BadInput("rows: there are none to learn from")
    dropped = untrainable({name: len(each) for name, each in found.items()}, choices)
    return [
        _group(name, own, vectors, choices, guide=guide)
        for name, own in found.items()
        if name not in dropped
    ]


def _group(
    name: str,
    rows: Sequence[Triplet],
    vectors: Vectors,
    choices: EmbedSettings,
    *,
    guide: Guide | None,
) -> Group:
    texts = [[row.query for row in rows], [row.positive for row in rows]]
    if not name.endswith(PAIRS):
        texts.append([row.negative for row in rows])
    false: list[FalseNegatives] = [SameLabels.of(texts[1:])]
    if guide and choices.guide and not has_labels(name):
        seen = np.stack([guide(each) for each in texts], axis=1)
        false.append(Guided(seen, choices.guide_margin))
    longest = ProbeSettings().max_length
    queries, *documents = (vectors.tokens(each, longest) for each in texts)
    return Group(queries, tuple(documents), tuple(false), alone=is_alone(name, choices))


def loss_of(
    bag: WeightedBag, group: Group, batch: NDArray[np.int64], *, temperature: float
) -> Tensor:
    """InfoNCE over a batch's rows, or of each over its own two documents."""
    queries = bag([group.queries[n] for n in batch])
    columns = [bag([texts[n] for n in batch]) for texts in group.documents]
    if group.alone:
        scores = torch.stack([(queries * column).sum(dim=1) for column in columns], dim=1)
        return cross_entropy(scores / temperature, torch.zeros(len(batch), dtype=torch.long))
    left_out = np.logical_or.reduce([each.among(batch, batch) for each in group.false])
    np.fill_diagonal(left_out[:, : len(batch)], val=False)
    scores = queries @ torch.cat(columns).T
    scores = scores.masked_fill(torch.from_numpy(left_out), -torch.inf)
    return cross_entropy(scores / temperature, torch.arange(len(batch)))
