"""What a generator's engine may be told beside its sizes: quantization, GPUs, guesses, caches."""

from typing import Any, Literal

from pydantic import Field, NonNegativeInt, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from littlegiants.errors import BadInput


class EngineOptions(BaseSettings):
    """Of vLLM; each is left to it where nothing is said."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    quantization: Literal["none", "fp8"] = "none"
    """Of weights as they are loaded: fp8 halves them, on GPUs; of weights that were stored
    quantized, the model's own files say so."""
    tensor_parallel_size: PositiveInt = 1
    """GPUs that the model is split over; --kv-cache-gib is of each."""
    kv_cache_dtype: Literal["auto", "fp8"] = "auto"
    """Of keys and values: fp8 holds twice as many tokens, on GPUs."""
    ngram_tokens: NonNegativeInt = 0
    """Tokens that are guessed at once from what the prompt says, on GPUs; for a revisor, which
    repeats most of its draft. 0: none. A seed gives another text than without."""
    prefix_caching: bool = True
    """Keep keys and values of prompts that begin alike; never on CPUs."""
    engine_args: dict[str, Any] = Field({})
    """More of vLLM's own engine arguments, a JSON object by their Python names."""


ON_GPUS = {"quantization": "none", "kv_cache_dtype": "auto", "ngram_tokens": 0}
"""Options that vLLM's engine for CPUs does not have, as they are when nothing is said."""
FREE_AT_START = 0.01
"""Share of a GPU's memory that must be free when vLLM starts. Left alone it asks for 0.92, which is
not there beside another generator; what it takes is said by the size of its cache."""
LOOKUP_MAX = 4
"""Tokens that a guess is looked up by, at most."""


def option_args(options: EngineOptions, *, is_cpu: bool) -> dict[str, Any]:
    """The typed options as vLLM's arguments.

    Raises BadInput naming those that need a GPU where there is none.
    """
    told = [name for name, nothing in ON_GPUS.items() if getattr(options, name) != nothing]
    if told and is_cpu:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in told)
        raise BadInput(f"{flags}: needs a GPU; leave it out")
    found: dict[str, Any] = {
        "gpu_memory_utilization": FREE_AT_START,
        "tensor_parallel_size": options.tensor_parallel_size,
        "kv_cache_dtype": options.kv_cache_dtype,
        "enable_prefix_caching": options.prefix_caching,
    }
    if options.quantization != "none":
        found["quantization"] = options.quantization
    if options.ngram_tokens:
        found["speculative_config"] = {
            "method": "ngram",
            "num_speculative_tokens": options.ngram_tokens,
            "prompt_lookup_max": LOOKUP_MAX,
        }
    return found


def with_more(told: dict[str, Any], more: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """All of an engine's arguments; `more` are the caller's own, `known` what vLLM has.

    Raises BadInput for names that vLLM does not know, and for those that a setting says.
    """
    faults = [
        *(f"vLLM has no {name!r}" for name in sorted(more.keys() - known)),
        *(f"{name!r} is said by a setting of its own" for name in sorted(more.keys() & told)),
    ]
    if faults:
        raise BadInput(f"--engine-args: {'; '.join(faults)}")
    return {**told, **more}
