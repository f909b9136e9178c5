"""Contrastive losses: which texts are pushed apart, a batch's or only a row's own."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.util import all_gather, all_gather_with_grad, cos_sim, get_rank
from torch import Tensor, nn

from pipelines.recipe.training_sections import EmbedSettings
from pipelines.training.batches.mini_batches import LengthSortedLoss, rows_of
from pipelines.training.contrast.false_negatives import FalseNegatives, Rows


def float_cos_sim(left: Tensor, right: Tensor) -> Tensor:
    """Cosines in float32: divided by a small temperature, those of bfloat16 lose the order."""
    return cos_sim(left.float(), right.float())


def in_batch_loss(model: SentenceTransformer, settings: EmbedSettings, *, world: int) -> nn.Module:
    """InfoNCE: the negatives of a query are the other rows' documents and every hard negative."""
    arguments: dict[str, Any] = {
        "scale": 1 / settings.temperature,
        "similarity_fct": float_cos_sim,
        "gather_across_devices": world > 1,
    }
    # the cached loss embeds each text twice, under the same dropout: it keeps the random state of
    # each mini-batch for its second pass (sentence-transformers 6.2)
    if settings.mini_batch_size >= settings.batch_size // world:
        return MultipleNegativesRankingLoss(model, **arguments)
    return LengthSortedLoss(
        model,
        mini_batch_size=settings.mini_batch_size,
        most_tokens=settings.mini_batch_tokens,
        **arguments,
    )


class WholeBatchLoss(LengthSortedLoss):
    """A loss over all embeddings of a batch, whose gradients are cached where it is large.

    A batch of at most `mini_batch_size` rows is embedded at once.
    """

    def calculate_loss(
        self, reps: list[list[Tensor]], labels: Tensor | None = None, *, with_backward: bool = False
    ) -> Tensor:
        """The loss over the embeddings of one batch, in mini-batches."""
        loss = self.loss_of(self.in_rows_order(reps), labels)
        if with_backward:
            loss.backward()
        return loss.detach() if with_backward else loss

    def loss_of(self, columns: list[Tensor], labels: Tensor | None) -> Tensor:
        """Over the embeddings of one batch: queries, positives and, if there are, negatives."""
        raise NotImplementedError

    def forward(self, sentence_features: Iterable[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """The loss of a batch, a column of texts each."""
        columns = list(sentence_features)
        if rows_of(columns[0]) > self.mini_batch_size:
            return self.forward_cached(columns, labels)
        return self.loss_of([self.model(each)["sentence_embedding"] for each in columns], labels)


class OwnNegativeLoss(WholeBatchLoss):
    """InfoNCE of a query over its own positive and its own negatives, nothing else."""

    def loss_of(self, columns: list[Tensor], labels: Tensor | None) -> Tensor:
        """Cross-entropy with the positive in column 0."""
        queries, *documents = (column.float() for column in columns)
        if len(documents) < 2:
            raise ValueError("negative: a row without one has nothing to be told apart from")
        scores = torch.stack([torch.cosine_similarity(queries, each) for each in documents], dim=1)
        positives = torch.zeros(len(queries), dtype=torch.long, device=queries.device)
        return nn.functional.cross_entropy(scores * self.scale, positives)


class FairInBatchLoss(WholeBatchLoss):
    """InfoNCE over a whole batch, of all processes, without the negatives that are known as false.

    Expects the rows' numbers in the place of labels.
    """

    def __init__(self, *given: Any, false_negatives: FalseNegatives, **arguments: Any) -> None:
        super().__init__(*given, **arguments)
        self._false_negatives = false_negatives

    def loss_of(self, columns: list[Tensor], labels: Tensor | None) -> Tensor:
        """Cross-entropy of this process's queries over the documents of all."""
        queries, *documents = columns
        gather = self.gather_across_devices
        own, every = labels, all_gather(labels) if gather else labels
        if gather:
            documents = [all_gather_with_grad(each) for each in documents]
        scores = float_cos_sim(queries, torch.cat(documents))
        places = torch.arange(len(queries), device=queries.device)
        places += get_rank() * len(queries) if gather else 0
        left_out = self._false_negatives.among(_numbers(own), _numbers(every))
        masked = torch.from_numpy(left_out).to(scores.device)
        masked[torch.arange(len(queries), device=queries.device), places] = False
        scores = scores.masked_fill(masked, -torch.inf)
        return nn.functional.cross_entropy(scores * self.scale, places)


def _numbers(rows: Tensor | None) -> Rows:
    if rows is None:
        raise ValueError("label: a batch without the numbers of its rows")
    return np.asarray(rows.cpu(), dtype=np.int64)
