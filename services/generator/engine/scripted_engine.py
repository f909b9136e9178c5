"""An engine without a model, for tests and for people who develop against the services."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from littlegiants.answers import WeightsSpan
from littlegiants.errors import BadInput, Unavailable
from littlegiants.weights import SAFETENSORS, file_digest, files_digest
from services.generator.engine.protocol import (
    Completion,
    CompletionRequest,
    EngineInfo,
    Likelihood,
    OpenEngine,
)
from services.generator.settings import GeneratorSettings

Script = Callable[[CompletionRequest], str]


def fill_schema(request: CompletionRequest) -> str:
    """Made-up words in every string of the schema; without a schema, prose."""
    if request.schema is None:
        return "There is no schema here, so there is nothing to fill."
    return json.dumps(_filled(request.schema, random.Random(request.seed)))


class ScriptedEngine:
    """Answers by a script, after `delay_s`; one token a word."""

    info = EngineInfo("scripted", "scripted")

    def __init__(self, script: Script = fill_schema, *, delay_s: float = 0.0) -> None:
        self.script = script
        self.delay_s = delay_s
        self.is_dead = False
        self.loaded: list[str] = []
        self.tensors = ""
        self.price: Callable[[str], float] = price_of
        self.running_count = 0
        self.asked_count = 0

    async def complete(self, request: CompletionRequest) -> Completion:
        """The script's answer, cut after `max_tokens` words."""
        self.running_count += 1
        self.asked_count += 1
        try:
            await asyncio.sleep(self.delay_s)
        finally:
            self.running_count -= 1
        if self.is_dead:
            raise Unavailable("the engine is dead")
        words = self.script(request).split(" ")
        kept = words[: request.max_tokens]
        reason = "stop" if kept == words else "length"
        spans = (WeightsSpan(self.loaded[-1] if self.loaded else "", 0, len(kept)),)
        return Completion(" ".join(kept), reason, len(request.prompt.split()), len(kept), spans)

    async def score(self, prompt: str, completion: str) -> Likelihood:
        """Minus the price of a word, for each."""
        if self.is_dead:
            raise Unavailable("the engine is dead")
        count = len(completion.split()) + 1
        return Likelihood(-self.price(self.tensors) * count, count)

    async def reload(self, folder: Path, version: str) -> None:
        """Note the version and what its tensors are; there must be some weights."""
        if not await asyncio.to_thread(folder.is_dir):
            raise BadInput(f"{folder}: holds no weights")
        self.tensors = await asyncio.to_thread(tensors_digest, folder)
        self.loaded.append(version)


def tensors_digest(folder: Path) -> str:
    """The same for the same tensors, whatever stands beside them."""
    files = sorted(folder.glob(f"*{SAFETENSORS}"))
    return files_digest({file.name: file_digest(file) for file in files})


def price_of(tensors: str) -> float:
    """What a word costs under the tensors with this digest: from one to two, another for others."""
    return 1.0 + int(tensors[:8] or "0", 16) / 2**32


def open_scripted(*engines: ScriptedEngine) -> OpenEngine:
    """`engines`, one for each role, as the server opens them."""

    @asynccontextmanager
    async def opened(
        settings: GeneratorSettings, folder: Path, version: str
    ) -> AsyncIterator[Sequence[ScriptedEngine]]:
        for engine in engines:
            await engine.reload(folder, version)
        yield engines

    return opened


def _filled(schema: Mapping[str, Any], rng: random.Random) -> Any:
    if schema["type"] == "object":
        return {name: _filled(inner, rng) for name, inner in schema["properties"].items()}
    # a bounded string has at least three characters for each word that is asked for
    return " ".join(_word(rng) for _ in range(max(1, -(-schema["minLength"] // 3))))


def _word(rng: random.Random) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=5))
