"""The device of a training or a reading, its number type, and what computes attention there."""

from importlib.util import find_spec

import torch

from littlegiants.dtypes import Computing, Dtype, cpu_dtype, gpu_dtype
from littlegiants.errors import BadInput


def computing(dtype: Dtype) -> Computing:
    """What `dtype` means on this machine: on the least of its GPUs, without one on its CPU."""
    if not torch.cuda.is_available():
        return cpu_dtype(dtype)
    numbers = range(torch.cuda.device_count())
    return gpu_dtype(dtype, min(map(torch.cuda.get_device_capability, numbers)))


FLASH = "flash_attention_2"
PACKAGE = "flash_attn"
LEAST_CAPABILITY = (8, 0)
"""Of the GPUs that the package flash-attn computes on."""


def attention(asked: str, dtype: str) -> dict[str, str]:
    """How a model is told what computes attention; empty: what transformers takes by itself.

    Raises BadInput for flash attention where it cannot be had.
    """
    if asked not in ("auto", FLASH):
        return {"attn_implementation": asked}
    capable = torch.cuda.is_available() and torch.cuda.get_device_capability() >= LEAST_CAPABILITY
    if capable and dtype != "float32" and find_spec(PACKAGE):
        return {"attn_implementation": FLASH}
    if asked == FLASH:
        raise BadInput(
            f"attn_implementation: {FLASH} needs the package flash-attn, a GPU of compute "
            "capability 8.0 or newer and a dtype other than float32; leave it `auto`"
        )
    return {}
