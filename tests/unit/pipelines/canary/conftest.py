"""A role that serves weights, generators that follow its channels, and a judge."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from littlegiants.records import record_line
from littlegiants.tasks import Task
from pipelines.generators import promotion
from pipelines.generators.weights_channel import Channel
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.scripted_teacher.server import ScriptedTeacher, scripted_teacher
from pipelines.steps.promote import STEP, PromoteSettings
from services.generator.engine.protocol import CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, fill_schema
from services.generator.generation.served_model import Served
from services.generator.settings import GeneratorSettings
from services.generator.weights.source import find_weights
from tests.unit.scripted_server import free_port, serving
from tests.unit.text_tensors import save_text

COUNT = 12
ROLES = ("junior", "senior", "revisor")
WORTH = ("worse", "served", "better")
"""Names of models, each a word in all that it writes."""


@dataclass(frozen=True, slots=True)
class World:
    """A run with a served role, generators that follow its channels, and a teacher."""

    role: str
    run: Path
    teacher: ScriptedTeacher
    settings: PromoteSettings
    engines: list[ScriptedEngine]

    @property
    def channel(self) -> Channel:
        return Channel(UPath(self.run / "weights"), self.role)

    @property
    def served(self) -> tuple[str, int]:
        """Digest and version of what the pointer names."""
        pointer = self.channel.pointer()
        assert pointer
        return pointer.digest, pointer.version

    @property
    def asked_counts(self) -> tuple[int, ...]:
        return (len(self.teacher.requests), *(engine.asked_count for engine in self.engines))

    async def promote(self, name: str) -> None:
        """What the step does with this model."""
        save_text(self.run / "models" / self.role / "model.safetensors", name)
        await asyncio.to_thread(STEP, self.settings)


@pytest.fixture
def models(tmp_path: Path) -> dict[str, str]:
    """The name of each model by its digest."""
    found = {}
    for name in WORTH:
        (tmp_path / name).mkdir()
        save_text(tmp_path / name / "model.safetensors", name)
        found[Channel(UPath(tmp_path / "all"), "junior").put(tmp_path / name)] = name
    return found


@contextlib.asynccontextmanager
async def follower(
    role: str, folder: Path, models: dict[str, str], engine: ScriptedEngine
) -> AsyncIterator[str]:
    """A generator that follows the channel in `folder`; gives its address."""

    def written(request: CompletionRequest) -> str:
        answer, word = json.loads(fill_schema(request)), models[engine.loaded[-1]]
        sample = answer.get("revision", answer)
        sample |= {name: f"{text} {word}" for name, text in sample.items()}
        return json.dumps(answer)

    engine.script = written
    settings = GeneratorSettings(
        role=role, weights=str(folder), host="127.0.0.1", port=0, admin_port=free_port()
    )
    weights = find_weights(settings)
    await engine.reload(weights.folder, weights.digest)
    served = Served(engine, settings, weights)
    await served.prepare()
    async with serving(served) as server:
        following = asyncio.create_task(_follow(served))
        yield server.address
        following.cancel()


async def _follow(served: Served) -> None:
    while True:
        with contextlib.suppress(BadInput):
            await served.reload(anew=False)
        await asyncio.sleep(0.02)


def judge(request: dict[str, Any]) -> str:
    """The better one of two, by the word in it."""
    texts = re.findall(r"^\[[01]\] (.*)$", request["messages"][-1]["content"], re.M)
    worth = [next(n for n, word in enumerate(WORTH) if word in text) for text in texts]
    best = int(worth[1] > worth[0])
    return json.dumps({"reason": "its word", "best": best, "worst": 1 - best})


@pytest.fixture(params=["senior"])
async def world(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    models: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[World]:
    monkeypatch.setattr(promotion, "ASK_INTERVAL_S", 0.05)
    role, folder, tasks = request.param, tmp_path / "run", tmp_path / "tasks.jsonl"
    writer = "senior" if role == "revisor" else role
    held_out = [Task(Kind.MATCHING_SHORT, f"A/{n}", "Match a tool to its use.") for n in range(8)]
    tasks.write_bytes(b"".join(map(record_line, held_out)))
    live, canary = folder / "weights", folder / "canary" / "weights"
    for place, name in {(live, role), (canary, role), (live, writer)}:
        channel = Channel(UPath(place), name)
        channel.point_to(channel.put(tmp_path / "served"))
    (folder / "models" / role).mkdir(parents=True)
    Run(UPath(folder), load_recipe("laptop")).write("tasks", held_out[:1])
    engines = [ScriptedEngine(), ScriptedEngine(), ScriptedEngine()]
    with scripted_teacher(judge) as teacher:
        async with (
            asyncio.timeout(120),
            follower(role, live, models, engines[0]) as served,
            follower(role, canary, models, engines[1]) as tried,
            follower(writer, live, models, engines[2]) as writing,
        ):
            changes = [f"promotion.tasks={tasks}", f"promotion.prompt_count={COUNT}"]
            changes += ["promotion.gates={}", f"promotion.canary={role}={tried}"]
            settings = PromoteSettings(
                run=str(folder),
                role=role,
                set=[*changes, 'teacher.key_variable=""'],
                generators=f"{writer}={writing},{role}={served}",
                teacher=teacher.url,
            )
            yield World(role, folder, teacher, settings, engines)
