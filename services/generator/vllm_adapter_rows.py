"""On a CPU, an adapter's products come in blocks of rows too, one adapter after the other.

vLLM multiplies each row with a copy of its adapter's matrix: slow, in memory of tokens x rank x
width, and rounded by how many rows there are. Its own functions are called without names, so what
stands in their place takes their arguments in order: inputs, weights, output, slots, and more.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from vllm.lora.ops.torch_ops import lora_ops
from vllm.lora.punica_wrapper import punica_cpu

Product = Callable[[torch.Tensor, Any, Any], torch.Tensor]
"""Of rows, weight and bias."""


def bgmv_shrink(linear: Product, inputs: torch.Tensor, *rest: Any) -> None:
    """The first matrix: scaled, in place of what was in the output."""
    weights, output, slots, scaling = rest
    found = of_adapters(linear, inputs.to(output.dtype), weights, slots)
    output[:, : found.shape[1]] = scaling * found


def bgmv_expand(linear: Product, inputs: torch.Tensor, *rest: Any) -> None:
    """The second matrix, of a layer that is whole."""
    weights, output, slots, is_added = rest
    found = of_adapters(linear, inputs.to(output.dtype), weights, slots)
    width = min(found.shape[1], output.shape[1])
    _put(found[:, :width], output[:, :width], is_added)


def bgmv_expand_slice(linear: Product, inputs: torch.Tensor, *rest: Any) -> None:
    """The second matrix, of one of several layers whose outputs stand side by side."""
    weights, output, slots, offset, width, is_added = rest
    found = of_adapters(linear, inputs.to(output.dtype), weights, slots)
    _put(found, output[:, offset : offset + width], is_added)


def of_adapters(linear: Product, rows: torch.Tensor, weights: Any, slots: Any) -> torch.Tensor:
    """Each row by the matrix of its slot in `weights` (slots, 1, out, in); below slot 0 is zero."""
    matrices = weights.flatten(0, 1) if weights.dim() == 4 else weights
    found = rows.new_zeros(rows.shape[0], matrices.shape[1])
    for slot in slots.unique().tolist():
        if slot >= 0:
            product = linear(rows, matrices[slot].to(rows.dtype), None)
            found = torch.where((slots == slot).unsqueeze(1), product, found)
    return found


def use(linear: Product) -> None:
    """Have vLLM make adapters' products with `linear`."""
    for function in (bgmv_shrink, bgmv_expand, bgmv_expand_slice):
        for module in (lora_ops, punica_cpu):
            setattr(module, function.__name__, partial(function, linear))


def _put(found: torch.Tensor, output: torch.Tensor, is_added: bool) -> None:
    if is_added:
        output += found
    else:
        output.copy_(found)
