"""The protocol of an inference engine: what a generator needs of one."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from littlegiants.answers import WeightsSpan
from services.generator.settings import GeneratorSettings


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One completion to write; `max_tokens` None takes what the prompt leaves of the context.

    `trace_headers` say below which span the engine's work stands.
    """

    prompt: str
    seed: int
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int | None = None
    schema: Mapping[str, Any] | None = None
    trace_headers: Mapping[str, str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Completion:
    """A completion; `finish_reason` is stop, length or abort.

    `spans` tell which weights, by the version they were loaded under, wrote which tokens.
    """

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    spans: tuple[WeightsSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Sum of the log-probabilities of a completion's tokens, and how many these are."""

    log_probability: float
    token_count: int


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Which model on which engine."""

    base_id: str
    engine_version: str


class Engine(Protocol):
    """A loaded model."""

    @property
    def info(self) -> EngineInfo:
        """Which model on which engine."""

    @property
    def is_dead(self) -> bool:
        """Whether it can never answer again."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """Write one completion; equal requests give equal completions. Cancelling stops the work.

        Raises BadInput when the prompt does not fit, Unavailable when the engine is dead.
        """

    async def score(self, prompt: str, completion: str) -> Likelihood:
        """How likely `completion`, ended after its last token, is as an answer to `prompt`.

        Raises BadInput when both do not fit, Unavailable when the engine is dead.
        """

    async def reload(self, folder: Path, version: str) -> None:
        """Take the weights in `folder`; of this engine nothing else is under way.

        Raises BadInput when they do not fit: then the old ones still serve.
        """


OpenEngine = Callable[[GeneratorSettings, Path, str], AbstractAsyncContextManager[Sequence[Engine]]]
"""Loads the weights of a folder, called by a version; leaving the context frees everything.

There is one engine for each role of the settings: several are one model, which is not loaded again,
with weights of each role's own."""
