"""Requests to vLLM and its refusals, in our words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from vllm import SamplingParams
from vllm.exceptions import VLLMClientError
from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

from littlegiants.errors import BadInput, Unavailable
from services.generator.engine.protocol import CompletionRequest
from services.generator.settings import GeneratorSettings

SCORING = SamplingParams(
    temperature=0, max_tokens=1, prompt_logprobs=0, output_kind=RequestOutputKind.FINAL_ONLY
)
"""Log-probabilities of the prompt's own tokens; an engine must write at least one token."""


@asynccontextmanager
async def told_errors() -> AsyncIterator[None]:
    """The engine's errors as ours."""
    try:
        yield
    except VLLMClientError as error:
        raise BadInput(f"request: the engine refuses it: {error}") from error
    except (EngineDeadError, EngineGenerateError) as error:
        raise Unavailable(f"the engine failed: {error.__cause__ or error}") from error


def sampling_params(request: CompletionRequest, room: int) -> SamplingParams:
    """How `request` is sampled when the context has `room` tokens left."""
    schema = request.schema
    return SamplingParams(
        temperature=request.temperature,
        top_p=request.top_p,
        seed=request.seed,
        max_tokens=min(request.max_tokens or room, room),
        output_kind=RequestOutputKind.FINAL_ONLY,
        structured_outputs=StructuredOutputsParams(json=dict(schema)) if schema else None,
    )


def observability(settings: GeneratorSettings) -> dict[str, Any]:
    """Arguments of an engine whose metrics and traces somebody wants."""
    return {
        "disable_log_stats": not settings.metrics_port,
        "otlp_traces_endpoint": settings.otlp_endpoint or None,
    }
