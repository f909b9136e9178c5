"""The number type that vLLM computes in on this machine's device."""

from vllm.platforms import current_platform

from littlegiants.dtypes import Computing, Dtype, cpu_dtype, gpu_dtype


def computing(dtype: Dtype) -> Computing:
    """What `dtype` means on the device that vLLM has found."""
    if current_platform.is_cpu():
        return cpu_dtype(dtype)
    capability = current_platform.get_device_capability()
    if capability is None:
        return Computing("bfloat16", f"as usual on a {current_platform.device_name}")
    return gpu_dtype(dtype, (capability.major, capability.minor))
