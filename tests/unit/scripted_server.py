"""A generator service in this process, with a scripted engine behind it."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from littlegiants.kinds import Kind
from littlegiants.tasks import Prompt, Task, draw_prompt
from services.generator.engine.scripted_engine import ScriptedEngine
from services.generator.generation.served_model import Served
from services.generator.rpc.servers import Listening, listen
from services.generator.settings import GeneratorSettings
from services.generator.telemetry.telemetry import Telemetry
from services.generator.weights.source import Weights


@dataclass(frozen=True, slots=True)
class Scripted:
    """What is running."""

    served: Served
    listening: Listening

    @property
    def address(self) -> str:
        """Of the service."""
        return f"127.0.0.1:{self.listening.port}"

    @property
    def admin_address(self) -> str:
        """Of the admin service."""
        return f"127.0.0.1:{self.listening.admin_port}"


@asynccontextmanager
async def scripted_server(
    engine: ScriptedEngine | None = None,
    *,
    is_ready: bool = True,
    telemetry: Telemetry | None = None,
    **flags: Any,
) -> AsyncIterator[Scripted]:
    """A junior that serves the weights "first"; `flags` are settings that differ from the usual."""
    chosen = {"role": "junior", "model": Path("model"), "host": "127.0.0.1", "port": 0}
    settings = GeneratorSettings(**{**chosen, "max_seqs": 4, **flags})
    engine = engine or ScriptedEngine()
    engine.loaded.append("first")
    served = Served(engine, settings, Weights(Path("model"), "first"), telemetry=telemetry)
    async with serving(served, is_ready=is_ready) as running:
        yield running


@asynccontextmanager
async def serving(served: Served, *, is_ready: bool = True) -> AsyncIterator[Scripted]:
    """`served`, as long as the context."""
    listening = await listen(served)
    await listening.health.set_ready(is_ready)
    try:
        yield Scripted(served, listening)
    finally:
        for server in listening.servers:
            await server.stop(0)


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prompt_of(kind: Kind = Kind.MATCHING_SHORT, seed: int = 1) -> Prompt:
    """A prompt for a sample of `kind`."""
    task = Task(kind, "Home/Gardening", "Match a chore to a tool for it.")
    return draw_prompt(task, seed=seed)
