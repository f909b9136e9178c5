"""On a CPU, every matrix product takes the same number of rows: a text never hangs on its company.

A CPU's kernels round a row by how many rows come with it: one row, a few and many take other
code, and AMX tiles other code again. So products are made in blocks of so many rows, the last one
filled with zeros, those of an adapter too. vLLM loads this module into its worker, as a worker
extension.
"""

from typing import Any

import torch
from vllm.model_executor.layers import utils

from services.generator.engine import vllm_adapter_rows

ROWS = 64 if torch.cpu._is_amx_tile_supported() else 32
"""Enough to keep the matrix units busy, few enough to waste little on a single text."""
FLOAT32_ROWS = 12
"""Plain vector units are as busy with these, and a single text is written twice as fast."""


class RowBlocks:
    """What vLLM's worker gets beside this module's import, which is what counts."""

    model_runner: Any

    def pack_tied_head(self) -> None:
        """Pack the embeddings anew for the head that shares them.

        vLLM's reload packs what was loaded; a tied head is not, and would answer with old weights.
        """
        model = self.model_runner.get_model()
        head = getattr(model, "lm_head", None)
        if head is not None and model.config.tie_word_embeddings:
            head.quant_method.process_weights_after_loading(head)


def in_blocks(product: Any) -> Any:
    """`product` of (x, weight, bias), row for row the same whatever rows are in x.

    `x` is rows x width, or has more dimensions before these.
    """

    def blocked(x: torch.Tensor, weight: Any, bias: Any) -> torch.Tensor:
        # models that vLLM 0.32 takes from transformers (Pythia's) have a dimension more
        filled = lines = x.reshape(-1, x.shape[-1])
        count, rows = lines.shape[0], FLOAT32_ROWS if x.dtype == torch.float32 else ROWS
        if count % rows:
            filled = lines.new_zeros(-(-count // rows) * rows, lines.shape[1])
            filled[:count] = lines
        parts = [product(block, weight, bias) for block in filled.split(rows)]
        whole = parts[0] if len(parts) == 1 else torch.cat(parts)
        return whole[:count].reshape(*x.shape[:-1], whole.shape[-1])

    return blocked


_dispatch = utils.dispatch_cpu_unquantized_gemm


def _dispatch_in_blocks(layer: Any, remove_weight: bool) -> None:
    _dispatch(layer, remove_weight)
    layer.cpu_linear = in_blocks(layer.cpu_linear)


utils.dispatch_cpu_unquantized_gemm = _dispatch_in_blocks
vllm_adapter_rows.use(in_blocks(torch.nn.functional.linear))
