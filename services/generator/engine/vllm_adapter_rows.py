"""On a CPU, an adapter's products come in blocks of rows too, one adapter after the other.

vLLM multiplies each row with a copy of its adapter's matrix: slow, in memory of tokens x rank x
width, and rounded by how many rows there are.
"""

from collections.abc import Callable
from typing import Any

import torch
from vllm.lora.ops.torch_ops import lora_ops
from vllm.lora.punica_wrapper import punica_cpu

Product = Callable[[torch.Tensor, Any, Any], torch.Tensor]
"""Of rows, weight and bias."""


class Products:
    """vLLM's three functions of an adapter's products, made of `linear`; it calls by position."""

    def __init__(self, linear: Product) -> None:
        self._linear = linear

    def bgmv_shrink(
        self,
        inputs: torch.Tensor,
        weights: Any,
        output: torch.Tensor,
        slots: Any,
        scaling: float = 1.0,
    ) -> None:
        """Rows to the adapter's rank."""
        found = of_adapters(self._linear, inputs.to(output.dtype), weights, slots)
        output[:, : found.shape[1]] = scaling * found

    def bgmv_expand(
        self,
        inputs: torch.Tensor,
        weights: Any,
        output: torch.Tensor,
        slots: Any,
        add_inputs: bool = True,
    ) -> None:
        """From the rank to the layer's width."""
        found = of_adapters(self._linear, inputs.to(output.dtype), weights, slots)
        width = min(found.shape[1], output.shape[1])
        _put(found[:, :width], output[:, :width], add_inputs)

    def bgmv_expand_slice(
        self,
        inputs: torch.Tensor,
        weights: Any,
        output: torch.Tensor,
        slots: Any,
        slice_offset: int,
        slice_size: int,
        add_inputs: bool = True,
    ) -> None:
        """From the rank to a slice of the width: layers that vLLM packs side by side."""
        found = of_adapters(self._linear, inputs.to(output.dtype), weights, slots)
        _put(found, output[:, slice_offset : slice_offset + slice_size], add_inputs)


def of_adapters(linear: Product, rows: torch.Tensor, weights: Any, slots: Any) -> torch.Tensor:
    """Each row by the matrix of its slot in `weights` (slots, 1, out, in); below slot 0 is zero."""
    matrices = weights.flatten(0, 1) if weights.dim() == 4 else weights
    present = slots.unique().tolist()
    if len(present) == 1 and present[0] >= 0:
        return linear(rows, matrices[present[0]].to(rows.dtype), None)
    found = rows.new_zeros(rows.shape[0], matrices.shape[1])
    for slot in (each for each in present if each >= 0):
        own = slots == slot
        found[own] = linear(rows[own], matrices[slot].to(rows.dtype), None)
    return found


def use(linear: Product) -> None:
    """Have vLLM make adapters' products with `linear`."""
    products = Products(linear)
    for name in ("bgmv_shrink", "bgmv_expand", "bgmv_expand_slice"):
        for module in (lora_ops, punica_cpu):
            setattr(module, name, getattr(products, name))


def _put(found: torch.Tensor, output: torch.Tensor, add_inputs: bool) -> None:
    if add_inputs:
        output += found
    else:
        output.copy_(found)
