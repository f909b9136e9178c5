"""vLLM's AsyncLLM as an engine: the one place that imports vllm."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import vllm
from vllm import SamplingParams
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.platforms import current_platform
from vllm.renderers.inputs.preprocess import parse_model_prompt
from vllm.usage.usage_lib import UsageContext
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.exceptions import EngineDeadError

from littlegiants.errors import BadInput, Unavailable
from services.generator.engine import Completion, CompletionRequest, EngineInfo, Likelihood
from services.generator.model_shape import TRUST, shape_of
from services.generator.settings import GeneratorSettings
from services.generator.vllm_requests import (
    SCORING,
    observability,
    sampling_params,
    spans_of,
    told_errors,
)

SHUTDOWN_S = 3.0
FINISH_REASONS = frozenset({"stop", "length", "abort"})


@asynccontextmanager
async def open_vllm(
    settings: GeneratorSettings, folder: Path, version: str
) -> AsyncIterator["VllmEngine"]:
    """Load the model in `folder`; leaving the context ends the engine's processes."""
    shape = shape_of(folder)
    engine = AsyncLLM.from_engine_args(
        engine_args(settings, folder), usage_context=UsageContext.OPENAI_API_SERVER
    )
    try:
        await engine.update_weight_version(version)
        yield VllmEngine(engine, folder, shape, settings.max_model_len)
    finally:
        await asyncio.to_thread(engine.shutdown, SHUTDOWN_S)


def engine_args(settings: GeneratorSettings, folder: Path) -> AsyncEngineArgs:
    """The engine's settings: the same seed gives the same text, whatever else is under way."""
    more: dict[str, Any] = {}
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
            "worker_extension_cls": "services.generator.vllm_rows.RowBlocks",
        }
    return AsyncEngineArgs(
        model=str(folder),
        dtype=settings.dtype,
        max_model_len=settings.max_model_len,
        max_num_seqs=settings.max_seqs,
        kv_cache_memory_bytes=int(settings.kv_cache_gib * 2**30),
        **(TRUST | observability(settings)),
        # without disable_any_whitespace a weak model spends its budget on legal blanks
        structured_outputs_config={"backend": "xgrammar", "disable_any_whitespace": True},
        **more,
    )


class VllmEngine:
    """A model loaded in vLLM's engine process."""

    def __init__(
        self, engine: AsyncLLM, folder: Path, shape: dict[str, Any], max_model_len: int
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._shape = shape
        self._max_model_len = max_model_len
        self._ids = itertools.count()
        name = (shape["architectures"] or ["unknown"])[0]
        size = f"{shape['hidden_size']}x{shape['num_hidden_layers']}"
        self.info = EngineInfo(f"{name}-{size}", f"vllm {vllm.__version__}")

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
            spans=spans_of(output),
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
        """Put the weights of `folder` in place of those loaded; on failure the old ones again."""
        shape = shape_of(folder)
        for key, value in self._shape.items():
            if shape[key] != value:
                raise BadInput(
                    f"config.json: {key} is {shape[key]}, the model served has {value}; "
                    "start a server of the new shape"
                )
        await self._engine.pause_generation(mode="wait")
        try:
            await self._replace(folder, version)
        finally:
            await self._engine.resume_generation()

    async def _replace(self, folder: Path, version: str) -> None:
        try:
            await self._load(folder)
        except EngineDeadError as error:
            raise Unavailable(f"the engine failed: {error}") from error
        except Exception as error:
            # vLLM raises whatever its loader meets, from another process
            await self._load(self._folder)
            raise BadInput(f"{folder}: cannot be loaded: {error}") from error
        await self._engine.update_weight_version(version)
        self._folder = folder

    async def _load(self, folder: Path) -> None:
        await self._engine.collective_rpc("reload_weights", kwargs={"weights_path": str(folder)})
        if current_platform.is_cpu():
            await self._engine.collective_rpc("pack_tied_head")
        await self._engine.reset_prefix_cache()

    def _token_ids(self, prompt: str) -> list[int]:
        message = {"role": "user", "content": prompt}
        tokenizer: Any = self._engine.get_tokenizer()
        return list(
            tokenizer.apply_chat_template(
                [message], add_generation_prompt=True, tokenize=True, return_dict=False
            )
        )

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
        async for output in self._engine.generate(rendered, params, name, trace_headers=headers):
            yield output
