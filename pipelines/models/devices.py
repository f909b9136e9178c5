"""The device of a training or a reading, and the number type that it computes in."""

import torch

from littlegiants.dtypes import Computing, Dtype, cpu_dtype, gpu_dtype


def computing(dtype: Dtype) -> Computing:
    """What `dtype` means on this machine: on the least of its GPUs, without one on its CPU."""
    if not torch.cuda.is_available():
        return cpu_dtype(dtype)
    numbers = range(torch.cuda.device_count())
    return gpu_dtype(dtype, min(map(torch.cuda.get_device_capability, numbers)))
