"""Generators that take a share of one GPU each, by vLLM's own rule of when one may start."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.generator.settings import GeneratorSettings

GPU_GIB = 80
TAKEN_GIB = 34  # by a generator of 8B parameters with a cache of 16 GiB


@pytest.mark.filterwarnings("default")
def test_a_second_generator_starts_where_the_first_has_taken_its_part(tmp_path: Path) -> None:
    from vllm.v1.worker.utils import request_memory

    from services.generator.engine.vllm_engine import engine_args

    settings = GeneratorSettings(role="revisor", model=tmp_path, kv_cache_gib=16)
    args = engine_args(settings, tmp_path)
    sizes = {"total_memory": GPU_GIB * 2**30, "free_memory": (GPU_GIB - TAKEN_GIB) * 2**30}
    gpu: Any = SimpleNamespace(device_="cuda:0", **sizes)

    def asked(share: float) -> int:
        cache: Any = SimpleNamespace(gpu_memory_utilization=share)
        return request_memory(gpu, cache)

    assert args.kv_cache_memory_bytes == 16 * 2**30  # which is taken, whatever the share
    assert asked(args.gpu_memory_utilization) < gpu.free_memory
    with pytest.raises(ValueError, match="Free memory on device"):
        asked(0.92)
