"""The model that a server serves: which weights, how many completions at once, and reloading."""

import asyncio
import logging
import time
from dataclasses import dataclass, replace

from littlegiants.answers import RefusedWeights
from littlegiants.errors import Unavailable
from services.generator.engine.protocol import Completion, CompletionRequest, Engine, Likelihood
from services.generator.queue.admission import Admission
from services.generator.queue.quotas import Quotas
from services.generator.queue.slots import Slots
from services.generator.settings import GeneratorSettings
from services.generator.telemetry.telemetry import Telemetry
from services.generator.telemetry.tracing import trace_headers
from services.generator.weights.first_weights import followed_pointer
from services.generator.weights.refusals import Refusals
from services.generator.weights.source import Weights, find_weights
from services.generator.weights.swap import Lost, WeightSwap
from services.generator.weights.turns import Turns

log = logging.getLogger(__name__)


class TooOld(Unavailable):
    """The weights served are older than the request allows."""


@dataclass(frozen=True, slots=True)
class ServedCompletion:
    """A completion, the weights that wrote it, and the seconds that it waited and took."""

    completion: Completion
    weights: Weights
    waiting_s: float
    writing_s: float


class Served:
    """A role's engine with the digest of its weights; no completion ever spans a reload."""

    def __init__(
        self,
        engine: Engine,
        settings: GeneratorSettings,
        weights: Weights,
        *,
        telemetry: Telemetry | None = None,
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.telemetry = telemetry or Telemetry()
        self.slots = Slots(settings.max_seqs)
        self.admission = Admission(self.slots, max_waiting=settings.max_waiting)
        self.quotas = Quotas(
            max_in_flight=settings.max_in_flight_per_caller,
            items_per_minute=settings.items_per_minute_per_caller,
        )
        self.is_draining = False
        self._swap = WeightSwap(engine, settings)
        self._reloading = asyncio.Lock()
        self._refusals = Refusals()
        self.turns = Turns(settings)
        self._is_lost = False
        self.telemetry.meters.watch(self.slots)
        self._serve(weights)

    @property
    def is_dead(self) -> bool:
        """Whether there will never be an answer again, or none that can be trusted."""
        return self.engine.is_dead or self._is_lost

    async def prepare(self) -> None:
        """Check and warm the engine before the first caller comes.

        Raises BadInput when its weights are broken.
        """
        await self._swap.check_in(self.weights)

    async def complete(
        self, request: CompletionRequest, *, priority: float = 0, min_version: int = 0
    ) -> ServedCompletion:
        """A completion and the weights that wrote it.

        Raises TooOld when these are older than `min_version`, and as the engine does.
        """
        asked = time.monotonic()
        async with self.slots.slot(priority):
            self._check_known()
            self.check_version(min_version)
            began = time.monotonic()
            self.telemetry.meters.waited(began - asked)
            completion = await self.engine.complete(self._traced(request))
            writing_s = time.monotonic() - began
            self.admission.note(writing_s)
            counts = completion.prompt_tokens, completion.completion_tokens
            self.telemetry.meters.completion(*counts)
            return ServedCompletion(completion, self.weights, began - asked, writing_s)

    async def score(self, prompt: str, completion: str) -> tuple[Likelihood, Weights]:
        """How likely a completion is, and under which weights."""
        asked = time.monotonic()
        async with self.slots.slot():
            self._check_known()
            self.telemetry.meters.waited(time.monotonic() - asked)
            return await self.engine.score(prompt, completion), self.weights

    def _check_known(self) -> None:
        if self._is_lost:
            raise Unavailable("the server has lost its weights and is ending: ask another one")

    def check_version(self, least: int) -> None:
        """Raise TooOld when the weights served are older than version `least`."""
        if self.weights.version < least:
            raise TooOld(
                f"min_weights_version: is {least}, version {self.weights.version} is served; "
                "retry when the server has followed its pointer"
            )

    def admit(self, item_count: int) -> None:
        """Take a call for so many samples.

        Raises Unavailable when no new calls are taken, Overloaded when too many wait or the caller
        has had its share, BadInput when the caller may never have so many.
        """
        meters = self.telemetry.meters
        with meters.refusals("draining"):
            if self.is_draining:
                raise Unavailable("the server is draining: ask another one")
        with meters.refusals("full"):
            self.admission.admit()
        with meters.refusals("quota"):
            self.quotas.take(item_count)

    @property
    def refused(self) -> RefusedWeights | None:
        """What the pointer names, where it cannot be served."""
        return self._refusals.last

    async def reload(self, *, anew: bool = True) -> bool:
        """Serve the weights that the pointer names now; whether they are others than before.

        Unless `anew`, weights that are served or were refused are not looked at once more, and
        others wait until it is this replica's turn.
        Raises BadInput or Unavailable when they cannot be served: then the old ones still are.
        """
        # a caller who gives up must not leave the engine between two sets of weights
        return await asyncio.shield(asyncio.ensure_future(self._reload(anew)))

    async def _reload(self, anew: bool) -> bool:
        async with self._reloading:
            with self.telemetry.meters.reload():
                if self.settings.weights:
                    return await self._follow(anew)
                return await self._take(await asyncio.to_thread(find_weights, self.settings))

    async def _follow(self, anew: bool) -> bool:
        is_needed = anew or not self.settings.roles or self.weights.version > 0
        pointer = await asyncio.to_thread(followed_pointer, self.settings, is_needed=is_needed)
        if pointer is None:
            return False
        with self._refusals.noted(pointer):
            if not anew:
                self._refusals.check(pointer)
                if pointer.digest == self.weights.digest:
                    return await self._take(replace(self.weights, version=pointer.version))
            async with self.turns.turn(pointer, at_once=anew) as found:
                return await self._take(found) if found else False

    async def _take(self, found: Weights) -> bool:
        if found.digest == self.weights.digest:
            self._serve(found)
            return False
        async with self.slots.alone():
            try:
                await self._swap.replace(self.weights, found)
            except Lost:
                self._is_lost = True
                raise
            self._serve(found)
        log.info("%s serves %s, version %d", self.settings.role, found.digest, found.version)
        return True

    def _serve(self, weights: Weights) -> None:
        self.weights = weights
        self.telemetry.meters.weights.served = (self.settings.role, weights.digest)

    def _traced(self, request: CompletionRequest) -> CompletionRequest:
        headers = trace_headers(self.telemetry.tracer)
        return replace(request, trace_headers=headers) if headers else request

    async def drain(self, timeout_s: float) -> int:
        """Take no new calls and wait for the others; how many completions are left at the end."""
        self.is_draining = True
        try:
            async with asyncio.timeout(timeout_s), self.slots.alone():
                return 0
        except TimeoutError:
            return self.slots.taken_count
