"""The model that a server serves: which weights, how many completions at once, and reloading."""

import asyncio
import logging

from littlegiants.errors import Unavailable
from services.generator.engine import Completion, CompletionRequest, Engine
from services.generator.gate import Gate
from services.generator.settings import GeneratorSettings
from services.generator.warmup import warm
from services.generator.weights_source import Weights, find_weights

log = logging.getLogger(__name__)


class Served:
    """One engine with the digest of its weights; no completion ever spans a reload."""

    def __init__(self, engine: Engine, settings: GeneratorSettings, weights: Weights) -> None:
        self.engine = engine
        self.settings = settings
        self.gate = Gate(settings.max_seqs)
        self.weights = weights
        self.is_draining = False

    async def complete(self, request: CompletionRequest) -> tuple[Completion, str]:
        """A completion and the digest of the weights that wrote it."""
        async with self.gate.slot():
            return await self.engine.complete(request), self.weights.digest

    def check_open(self) -> None:
        """Raise Unavailable when no new calls are taken."""
        if self.is_draining:
            raise Unavailable("the server is draining: ask another one")

    async def reload(self) -> bool:
        """Serve the weights that the pointer names now; whether they are others than before.

        Raises BadInput or Unavailable when they cannot be served: then the old ones still are.
        """
        weights = await asyncio.to_thread(find_weights, self.settings)
        async with self.gate.alone():
            if weights.digest == self.weights.digest:
                return False
            await self.engine.reload(weights.folder, weights.digest)
            self.weights = weights
            await warm(self.engine, self.settings)
        log.info("serving weights %s", weights.digest)
        return True

    async def drain(self, timeout_s: float) -> int:
        """Take no new calls and wait for the others; how many completions are left at the end."""
        self.is_draining = True
        try:
            async with asyncio.timeout(timeout_s), self.gate.alone():
                return 0
        except TimeoutError:
            return self.gate.taken_count
