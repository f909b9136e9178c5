"""A padded batch passes a model without its padding; what comes out stands in padded rows again."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from pipelines.training.batches.mini_batches import ENOUGH_TOKENS

OF_TOKENS = ("log_probs", "entropy", "log_sum_sq_probs", "mean_logits", "is_top1", "label_mask")
"""What trl 1.16 tells of each token of a row but the first."""


def flatten(model: PreTrainedModel) -> None:
    """Let `model`, whose head trl has fused, compute no padding of what it is given.

    trl 1.16 has a `padding_free` for preference training, and switches it off.
    """
    model.forward = without_padding(model.forward)


def without_padding(forward: Callable[..., Any]) -> Callable[..., Any]:
    """A fused head's forward that takes rows padded on the right and computes their tokens only.

    Rows follow each other in one. There is no mask, but positions begin anew, and so each sees
    itself only, as in supervised fine-tuning. No row's first token has a label, for it is the
    prompt's: what the end of the row before would say of it is not asked.
    """

    def passed(
        *, input_ids: Tensor, attention_mask: Tensor, labels: Tensor, **arguments: Any
    ) -> Any:
        own = attention_mask.bool()
        positions = own.cumsum(dim=1) - 1
        parts = [
            forward(
                input_ids=input_ids[rows][own[rows]][None],
                position_ids=positions[rows][own[rows]][None],
                labels=labels[rows][own[rows]][None],
                **arguments,
            )
            for rows in parts_of(own.sum(dim=1).tolist())
        ]
        told = parts[0]
        for name in OF_TOKENS:
            if getattr(told, name) is not None:
                setattr(told, name, in_rows([getattr(part, name)[0] for part in parts], own))
        return told

    return passed


def parts_of(lengths: Sequence[int]) -> list[slice]:
    """Rows that pass together: as few as keep a GPU busy.

    Where attention is not flash attention, rows that pass together are masked from each other, and
    that costs more the more they are.
    """
    found, begin, tokens = [], 0, 0
    for end, length in enumerate(lengths, start=1):
        tokens += length
        if tokens >= ENOUGH_TOKENS or end == len(lengths):
            found.append(slice(begin, end))
            begin, tokens = end, 0
    return found


def in_rows(parts: Sequence[Tensor], own: Tensor) -> Tensor:
    """Values of all tokens but each part's first, at the places of the rows' `own`; else 0."""
    first = parts[0].new_zeros(1)
    values = torch.cat([each for part in parts for each in (first, part)])
    return values.new_zeros(own.shape).masked_scatter(own, values)[:, 1:]
