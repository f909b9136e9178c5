"""Weights into a running vLLM engine: one model in place of another, or adapters on a base."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from vllm.lora.request import LoRARequest
from vllm.platforms import current_platform
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.exceptions import EngineDeadError

from littlegiants.adapters import LAYERS, Base, check_adapter, read_base
from littlegiants.answers import WeightsSpan
from littlegiants.errors import BadInput, Unavailable
from services.generator.engine.model_shape import Shape, check_fits
from services.generator.engine.self_check import Marks
from services.generator.engine.vllm_shape import shape_of
from services.generator.settings import GeneratorSettings

AskMarks = Callable[[], Awaitable[Marks]]


def adapter_args(settings: GeneratorSettings) -> dict[str, Any]:
    """What an engine needs to know of adapters: each role has one, and one may be on its way."""
    if settings.adapter_base is None:
        return {}
    return {
        "enable_lora": True,
        "max_loras": len(settings.role_names) + 1,
        "max_lora_rank": settings.max_adapter_rank,
        # scores of several texts at once end an engine whose head may be adapted
        "lora_target_modules": list(LAYERS),
    }


class Loaded(Protocol):
    """What an engine has loaded."""

    @property
    def lora(self) -> LoRARequest | None:
        """The adapter that requests name."""

    async def replace(self, folder: Path, version: str, *, ask: AskMarks) -> None:
        """Load `folder` under the name `version`; `ask` asks the engine for its marks.

        Raises BadInput when it does not fit: then the old weights are there still.
        """

    def spans_of(self, output: Any) -> tuple[WeightsSpan, ...]:
        """Which weights wrote which tokens of a completion."""


class LoadedModel:
    """Whole models, one in place of the other."""

    lora = None

    def __init__(self, engine: AsyncLLM, folder: Path, shape: Shape) -> None:
        self._engine = engine
        self._folder = folder
        self._shape = shape

    async def replace(self, folder: Path, version: str, *, ask: AskMarks) -> None:
        """Take the tensors of `folder` into the model that is loaded."""
        check_fits(await asyncio.to_thread(shape_of, folder), self._shape)
        try:
            await self._engine.pause_generation(mode="wait")
            try:
                await self._load_or_keep(folder)
            finally:
                await self._engine.resume_generation()
            await self._engine.update_weight_version(version)
        except EngineDeadError as error:
            raise Unavailable(f"the engine failed: {error}") from error
        self._folder = folder

    def spans_of(self, output: Any) -> tuple[WeightsSpan, ...]:
        """As vLLM says."""
        return tuple(
            WeightsSpan(span.version, span.start, span.end - span.start)
            for span in output.weight_versions or ()
        )

    async def _load_or_keep(self, folder: Path) -> None:
        try:
            await self._load(folder)
        except EngineDeadError:
            raise
        except Exception as error:
            # vLLM raises whatever its loader meets, from another process
            await self._load_again()
            raise BadInput(f"{folder}: cannot be loaded: {error}") from error

    async def _load_again(self) -> None:
        try:
            await self._load(self._folder)
        except Exception as error:
            raise Unavailable(f"{self._folder}: cannot be loaded again: {error}") from error

    async def _load(self, folder: Path) -> None:
        await self._engine.collective_rpc("reload_weights", kwargs={"weights_path": str(folder)})
        if current_platform.is_cpu():
            await self._engine.collective_rpc("pack_tied_head")
        await self._engine.reset_prefix_cache()


class Adapters:
    """What the adapters in one engine share: the base, their numbers, one change at a time."""

    def __init__(self, engine: AsyncLLM, folder: Path, base: Base, *, max_rank: int) -> None:
        self.engine = engine
        self.folder = folder
        self.changing = asyncio.Lock()
        self._base = base
        self._max_rank = max_rank
        self._numbers = itertools.count(1)

    async def add(self, folder: Path, version: str) -> LoRARequest:
        """Load the adapter in `folder` beside the others.

        vLLM's prefix cache knows an adapter by its name and path, so another one needs others.
        Raises BadInput when it does not fit.
        """
        await asyncio.to_thread(check_adapter, folder, self._base, max_rank=self._max_rank)
        lora = LoRARequest(version, next(self._numbers), str(folder))
        try:
            await self.engine.add_lora(lora)
        except EngineDeadError as error:
            raise Unavailable(f"the engine failed: {error}") from error
        except Exception as error:
            # vLLM raises whatever its loader meets, from another process
            raise BadInput(f"{folder}: cannot be loaded: {error}") from error
        return lora

    async def drop(self, lora: LoRARequest | None) -> None:
        """Make room; None is the base alone, which stays."""
        if lora is not None:
            await self.engine.remove_lora(lora.lora_int_id)


class LoadedAdapter:
    """One role's adapters on a base, one after the other; the base alone before the first."""

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters
        self._base_marks: Marks = ()
        self._version = ""
        self.lora: LoRARequest | None = None

    async def replace(self, folder: Path, version: str, *, ask: AskMarks) -> None:
        """Load the adapter in `folder`, or none where it is the base, then drop the one before."""
        async with self._adapters.changing:
            if self.lora is None:
                self._base_marks = await ask()
            old = self.lora
            if folder == self._adapters.folder:
                self.lora = None
            else:
                await self._change_to(await self._adapters.add(folder, version), ask)
            await self._adapters.drop(old)
            self._version = version

    def spans_of(self, output: Any) -> tuple[WeightsSpan, ...]:
        """All of it is of the adapter that was asked; vLLM's versions are those of whole models."""
        return (WeightsSpan(self._version, 0, len(output.token_ids)),)

    async def _change_to(self, lora: LoRARequest, ask: AskMarks) -> None:
        """Let requests name `lora`, if it does anything at all."""
        old, self.lora = self.lora, lora
        try:
            if await ask() == self._base_marks:
                raise BadInput(f"{lora.lora_path}: the adapter changes nothing of the base")
        except BadInput:
            self.lora = old
            await self._adapters.drop(lora)
            raise


def adapters_on(
    base: Path, engine: AsyncLLM, settings: GeneratorSettings
) -> tuple[LoadedAdapter, ...]:
    """None yet, for each role, on the model in `base`, every byte of which is read."""
    shared = Adapters(engine, base, read_base(base), max_rank=settings.max_adapter_rank)
    return tuple(LoadedAdapter(shared) for _ in settings.role_names)
