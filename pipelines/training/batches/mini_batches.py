"""Texts of like length are embedded together, so that little of what is computed is padding."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from sentence_transformers.sentence_transformer.losses import CachedMultipleNegativesRankingLoss
from torch import Tensor

FLATTENED = "cu_seq_lens_q"
"""Where texts follow each other without padding, as flash attention reads them."""


ENOUGH_TOKENS = 1024
"""From so many on a mini-batch keeps a GPU busy: it need not take shorter texts as well."""
ALIKE = 0.9
"""Down to this share of the longest text's length others are like it."""


def ranges_within(lengths: Sequence[int], most_tokens: int) -> list[tuple[int, int]]:
    """Cuts texts, the longest first, into mini-batches of at most so many tokens with padding.

    A text that is longer has a mini-batch of its own.
    """
    found, begin = [], 0
    for end in range(1, len(lengths)):
        tokens, longest = (end - begin) * lengths[begin], lengths[begin]
        is_apart = tokens >= ENOUGH_TOKENS and lengths[end] < ALIKE * longest
        if is_apart or tokens + longest > most_tokens:
            found.append((begin, end))
            begin = end
    return [*found, (begin, len(lengths))]


class LengthSortedLoss(CachedMultipleNegativesRankingLoss):
    """InfoNCE with cached gradients whose mini-batches hold texts of like length.

    sentence-transformers 6.2 takes the rows as they come and pads a mini-batch to its longest text;
    its own `mini_batch_num_tokens` counts no padding. Each column is sorted by itself, and its
    embeddings are put back into the rows' order before the loss is computed.
    """

    def __init__(self, *given: Any, most_tokens: int, **arguments: Any) -> None:
        super().__init__(*given, mini_batch_num_tokens=most_tokens, **arguments)
        self._places: list[Tensor] = []

    def forward_cached(
        self, sentence_features: Iterable[dict[str, Any]], labels: Tensor | None = None
    ) -> Tensor:
        """The loss of a batch, a column of texts each for queries, positives and negatives."""
        columns = list(sentence_features)
        orders = [_order(column) for column in columns]
        self._places = [order.argsort() for order in orders]
        loss: Tensor = super().forward_cached(
            [_taken(column, order) for column, order in zip(columns, orders, strict=True)], labels
        )
        return loss

    def embed_minibatch_iter(
        self, sentence_feature: dict[str, Any], *given: Any, **more: Any
    ) -> Iterator[Any]:
        """Embeds a column; both passes over it cut it in the same places."""
        if FLATTENED not in sentence_feature:
            lengths = sentence_feature["attention_mask"].sum(dim=1).tolist()
            more["ranges"] = ranges_within(lengths, self.mini_batch_num_tokens)
        yield from super().embed_minibatch_iter(sentence_feature, *given, **more)

    def calculate_loss(
        self, reps: list[list[Tensor]], labels: Tensor | None = None, *, with_backward: bool = False
    ) -> Tensor:
        """The loss over the embeddings of a batch."""
        columns = self.in_rows_order(reps)
        # the library passes back once for each part of the rows, which frees what lies before
        starts = [column.detach().requires_grad_(with_backward) for column in columns]
        loss: Tensor = super().calculate_loss(
            [[start] for start in starts] if with_backward else [[column] for column in columns],
            labels,
            with_backward=with_backward,
        )
        if with_backward:
            torch.autograd.backward(columns, [start.grad for start in starts])
        return loss

    def in_rows_order(self, reps: Sequence[Sequence[Tensor]]) -> list[Tensor]:
        """Each column's embeddings, one a row, in the order in which the rows were given."""
        columns = [torch.cat(list(column)) for column in reps]
        return [column[places] for column, places in zip(columns, self._places, strict=True)]


def rows_of(column: dict[str, Any]) -> int:
    """How many texts a column has."""
    return len(column[FLATTENED]) - 1 if FLATTENED in column else len(column["attention_mask"])


def _order(column: dict[str, Any]) -> Tensor:
    """The rows of a column of texts, the longest text first."""
    if FLATTENED in column:
        return torch.arange(rows_of(column), device=column[FLATTENED].device)
    return column["attention_mask"].sum(dim=1).argsort(descending=True, stable=True)


def _taken(column: dict[str, Any], order: Tensor) -> dict[str, Any]:
    if FLATTENED in column:
        return column
    return {
        name: value[order]
        if isinstance(value, Tensor) and value.shape[:1] == order.shape
        else value
        for name, value in column.items()
    }
