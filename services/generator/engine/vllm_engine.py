"""vLLM's AsyncLLM as an engine: the one place that imports vllm."""

import asyncio
import dataclasses
import itertools
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import vllm
from vllm import SamplingParams
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.platforms import current_platform
from vllm.renderers.inputs.preprocess import parse_model_prompt
from vllm.usage.usage_lib import UsageContext
from vllm.v1.engine.async_llm import AsyncLLM

from littlegiants.errors import BadInput
from littlegiants.plain_chat_template import prompt_tokens
from services.generator.engine.memory import check_memory
from services.generator.engine.model_shape import TRUST, Shape
from services.generator.engine.protocol import Completion, CompletionRequest, EngineInfo, Likelihood
from services.generator.engine.self_check import marks_of
from services.generator.engine.vllm_dtype import computing
from services.generator.engine.vllm_requests import (
    SCORING,
    observability,
    sampling_params,
    told_errors,
)
from services.generator.engine.vllm_shape import shape_of
from services.generator.engine.vllm_weights import (
    Loaded,
    LoadedModel,
    adapter_args,
    adapters_on,
)
from services.generator.engine_options import option_args, with_more
from services.generator.settings import GeneratorSettings

log = logging.getLogger(__name__)

SHUTDOWN_S = 3.0
KNOWN = {field.name for field in dataclasses.fields(AsyncEngineArgs)}
FINISH_REASONS = frozenset({"stop", "length", "abort"})


@asynccontextmanager
async def open_vllm(
    settings: GeneratorSettings, folder: Path, version: str
) -> AsyncIterator[Sequence["VllmEngine"]]:
    """Load the model in `folder`; leaving the context ends the engine's processes.

    Several roles are all served from the base, `folder`, until they have adapters.
    """
    model = settings.adapter_base or folder
    shape = _checked_shape(model, settings)
    args, usage = engine_args(settings, model), UsageContext.OPENAI_API_SERVER
    engine = AsyncLLM.from_engine_args(args, usage_context=usage)
    try:
        loaded: Sequence[Loaded] = (LoadedModel(engine, folder, shape),)
        if settings.adapter_base:
            loaded = await asyncio.to_thread(adapters_on, model, engine, settings)
        roles = [VllmEngine(engine, each, shape.base_id, settings) for each in loaded]
        for role in roles if settings.adapter_base else ():
            await role.reload(folder, version)
        await engine.update_weight_version(version)
        yield roles
    finally:
        await asyncio.to_thread(engine.shutdown, SHUTDOWN_S)


def _checked_shape(model: Path, settings: GeneratorSettings) -> Shape:
    """Of a model that this machine can hold."""
    shape, chosen = shape_of(model), computing(settings.dtype)
    log.info("%s", chosen)
    if current_platform.is_cpu():
        check_memory(shape.tensors, dtype=chosen.dtype, kv_cache_gib=settings.kv_cache_gib)
    return shape


def engine_args(settings: GeneratorSettings, folder: Path) -> AsyncEngineArgs:
    """The engine's settings: the same seed gives the same text, whatever else is under way."""
    more = adapter_args(settings) | option_args(settings, is_cpu=bool(current_platform.is_cpu()))
    if current_platform.is_cpu():
        # the sampler's compiled parts need a C++ compiler, and stall at their first request
        os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
        # a seeded request whose prompt is split by chunked prefill kills the CPU engine:
        # "CPU Generator does not use offset"
        more |= {
            "enforce_eager": True,
            "enable_chunked_prefill": False,
            "enable_prefix_caching": False,
            "max_num_batched_tokens": max(settings.max_model_len, settings.engine_seqs, 2048),
            "worker_extension_cls": "services.generator.engine.vllm_rows.RowBlocks",
        }
    told: dict[str, Any] = {
        "model": str(folder),
        "dtype": computing(settings.dtype).dtype,
        "max_model_len": settings.max_model_len,
        "max_num_seqs": settings.engine_seqs,
        "kv_cache_memory_bytes": int(settings.kv_cache_gib * 2**30),
        # without disable_any_whitespace a weak model spends its budget on legal blanks
        "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
    }
    told |= TRUST | observability(settings) | more
    return AsyncEngineArgs(**with_more(told, settings.engine_args, KNOWN))


class VllmEngine:
    """A model loaded in vLLM's engine process, with the weights of one role."""

    def __init__(
        self, engine: AsyncLLM, loaded: Loaded, base_id: str, settings: GeneratorSettings
    ) -> None:
        self._engine = engine
        self._loaded = loaded
        self._max_model_len = settings.max_model_len
        self._ids = itertools.count()
        self.info = EngineInfo(base_id, f"vllm {vllm.__version__}")

    @property
    def is_dead(self) -> bool:
        """Whether the engine process is gone or has given up."""
        return bool(self._engine.errored)

    async def complete(self, request: CompletionRequest) -> Completion:
        """One completion of the prompt as a user's chat message."""
        token_ids = self._token_ids(request.prompt)
        room = self._max_model_len - len(token_ids)
        if room < 1:
            raise BadInput(
                f"task: its prompt has {len(token_ids)} tokens, the context holds "
                f"{self._max_model_len}; shorten the task or the sample"
            )
        params = sampling_params(request, room)
        async with told_errors():
            output = await self._generate(token_ids, params, request.trace_headers)
        finish = str(output.finish_reason)
        return Completion(
            text=output.text,
            finish_reason=finish if finish in FINISH_REASONS else "unspecified",
            prompt_tokens=len(token_ids),
            completion_tokens=len(output.token_ids),
            spans=self._loaded.spans_of(output),
        )

    async def score(self, prompt: str, completion: str) -> Likelihood:
        """Log-probabilities of the completion's tokens and of the end of text after them."""
        tokenizer: Any = self._engine.get_tokenizer()
        before = self._token_ids(prompt)
        tokens = [*tokenizer.encode(completion, add_special_tokens=False), tokenizer.eos_token_id]
        if len(before) + len(tokens) >= self._max_model_len:
            raise BadInput(
                f"text: prompt and completion have {len(before) + len(tokens)} tokens, the context "
                f"holds {self._max_model_len}; shorten one of them"
            )
        async with told_errors():
            async for output in self._outputs([*before, *tokens], SCORING):
                last = output
        found = last.prompt_logprobs[len(before) :]
        total = sum(each[token].logprob for each, token in zip(found, tokens, strict=True))
        return Likelihood(float(total), len(tokens))

    async def reload(self, folder: Path, version: str) -> None:
        """Serve the weights of `folder`; on failure the old ones still."""
        await self._loaded.replace(folder, version, ask=partial(marks_of, self))

    def _token_ids(self, prompt: str) -> list[int]:
        return prompt_tokens(self._engine.get_tokenizer(), prompt)

    async def _generate(self, token_ids: list[int], params: SamplingParams, headers: Any) -> Any:
        async for output in self._outputs(token_ids, params, headers):
            last = output
        return last.outputs[0]

    async def _outputs(
        self, token_ids: list[int], params: SamplingParams, headers: Any = None
    ) -> AsyncIterator[Any]:
        name = f"completion-{next(self._ids)}"
        prompt = parse_model_prompt(self._engine.model_config, {"prompt_token_ids": token_ids})
        (rendered,) = await self._engine.renderer.render_cmpl_async([prompt])
        generate = partial(self._engine.generate, trace_headers=headers)
        async for output in generate(rendered, params, name, lora_request=self._loaded.lora):
            yield output
