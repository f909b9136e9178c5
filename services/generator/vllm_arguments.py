"""How vLLM is started: settings of ours as arguments of its engine."""

import os
from pathlib import Path
from typing import Any

from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.platforms import current_platform

from services.generator.company import COMPANY
from services.generator.model_shape import TRUST
from services.generator.settings import GeneratorSettings


def engine_args(settings: GeneratorSettings, folder: Path) -> AsyncEngineArgs:
    """The engine's settings: the same seed gives the same text, whatever else is under way."""
    more: dict[str, Any] = {"max_num_seqs": settings.max_seqs}
    if current_platform.is_cpu():
        # the sampler's compiled parts need a C++ compiler, and stall at their first request
        os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
        # a seeded request whose prompt is split by chunked prefill kills the CPU engine:
        # "CPU Generator does not use offset"
        more = {
            "enforce_eager": True,
            "enable_chunked_prefill": False,
            "enable_prefix_caching": False,
            "max_num_batched_tokens": max(settings.max_model_len, 2048),
            "max_num_seqs": settings.max_seqs + COMPANY,
        }
    return AsyncEngineArgs(
        model=str(folder),
        dtype=settings.dtype,
        max_model_len=settings.max_model_len,
        kv_cache_memory_bytes=int(settings.kv_cache_gib * 2**30),
        **TRUST,
        # without disable_any_whitespace a weak model spends its budget on legal blanks
        structured_outputs_config={"backend": "xgrammar", "disable_any_whitespace": True},
        disable_log_stats=not settings.metrics_port,
        otlp_traces_endpoint=settings.otlp_endpoint or None,
        **more,
    )
