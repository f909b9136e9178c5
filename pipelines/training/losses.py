"""Contrastive losses: which texts are pushed apart, a batch's or only a row's own."""

from collections.abc import Iterable
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.util import cos_sim
from torch import Tensor, nn

from pipelines.recipe.training_sections import EmbedSettings
from pipelines.training.batches.mini_batches import LengthSortedLoss, rows_of


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


class OwnNegativeLoss(LengthSortedLoss):
    """InfoNCE of a query over its own positive and its own negatives, nothing else.

    For label-like documents: two rows with one label would be each other's false negatives.
    A batch of more than `mini_batch_size` rows is embedded with cached gradients, as in its parent.
    """

    def calculate_loss(
        self, reps: list[list[Tensor]], labels: Tensor | None = None, *, with_backward: bool = False
    ) -> Tensor:
        """The loss over the embeddings of one batch, in mini-batches."""
        loss = self.loss_of(self.in_rows_order(reps))
        if with_backward:
            loss.backward()
        return loss.detach() if with_backward else loss

    def loss_of(self, columns: list[Tensor]) -> Tensor:
        """Cross-entropy with the positive in column 0, over the embeddings of one batch."""
        queries, *documents = (column.float() for column in columns)
        scores = torch.stack([torch.cosine_similarity(queries, each) for each in documents], dim=1)
        positives = torch.zeros(len(queries), dtype=torch.long, device=queries.device)
        return nn.functional.cross_entropy(scores * self.scale, positives)

    def forward(self, sentence_features: Iterable[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """The loss of a batch whose columns are query, positive and at least one negative."""
        columns = list(sentence_features)
        if len(columns) < 3:
            raise ValueError("negative: a row without one has nothing to be told apart from")
        if rows_of(columns[0]) > self.mini_batch_size:
            return self.forward_cached(columns, labels)
        return self.loss_of([self.model(each)["sentence_embedding"] for each in columns])
