"""New weights answer beside what is served: worse ones are kept out, better ones promoted."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import BadInput, OverBudget
from littlegiants.kinds import Kind
from littlegiants.records import record_line
from littlegiants.tasks import Task
from pipelines.cli.exits import KeptOut, exit_code
from pipelines.generators import promotion
from pipelines.generators.weights_channel import Channel
from pipelines.recipe.recipe import load_recipe
from pipelines.report.page import render_report
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
WORTH = ("worse", "served", "better")
"""Names of models, each a word in all that it writes."""


@dataclass(frozen=True, slots=True)
class World:
    """A run with a served junior, generators that follow its channels, and a teacher."""

    run: Path
    teacher: ScriptedTeacher
    settings: PromoteSettings
    engines: list[ScriptedEngine]

    @property
    def channel(self) -> Channel:
        return Channel(UPath(self.run / "weights"), "junior")

    @property
    def asked_counts(self) -> tuple[int, ...]:
        return (len(self.teacher.requests), *(engine.asked_count for engine in self.engines))

    async def promote(self, name: str) -> None:
        """What the step does with this model."""
        save_text(self.run / "models" / "junior" / "model.safetensors", name)
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
    folder: Path, models: dict[str, str], engine: ScriptedEngine
) -> AsyncIterator[str]:
    """A junior that follows the channel in `folder`; gives its address."""

    def written(request: CompletionRequest) -> str:
        fields, word = json.loads(fill_schema(request)), models[engine.loaded[-1]]
        return json.dumps({name: f"{text} {word}" for name, text in fields.items()})

    engine.script = written
    settings = GeneratorSettings(
        role="junior", weights=str(folder), host="127.0.0.1", port=0, admin_port=free_port()
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


@pytest.fixture
async def world(
    tmp_path: Path, models: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    monkeypatch.setattr(promotion, "ASK_INTERVAL_S", 0.05)
    folder, tasks = tmp_path / "run", tmp_path / "tasks.jsonl"
    held_out = [Task(Kind.MATCHING_SHORT, f"A/{n}", "Match a tool to its use.") for n in range(8)]
    tasks.write_bytes(b"".join(map(record_line, held_out)))
    for place in (folder / "weights", folder / "canary" / "weights"):
        channel = Channel(UPath(place), "junior")
        channel.point_to(channel.put(tmp_path / "served"))
    (folder / "models" / "junior").mkdir(parents=True)
    Run(UPath(folder), load_recipe("laptop")).write("tasks", held_out[:1])
    engines = [ScriptedEngine(), ScriptedEngine()]
    with scripted_teacher(judge) as teacher:
        async with (
            asyncio.timeout(120),
            follower(folder / "weights", models, engines[0]) as live,
            follower(folder / "canary" / "weights", models, engines[1]) as canary,
        ):
            changes = [f"promotion.tasks={tasks}", f"promotion.prompt_count={COUNT}"]
            changes += ["promotion.gates={}", f"promotion.canary=junior={canary}"]
            settings = PromoteSettings(
                run=str(folder),
                set=[*changes, 'teacher.key_variable=""'],
                generators=f"junior={live}",
                teacher=teacher.url,
            )
            yield World(folder, teacher, settings, engines)


async def test_worse_weights_are_kept_out_and_nothing_is_asked_twice(
    world: World, models: dict[str, str]
) -> None:
    with pytest.raises(KeptOut, match=r"kept out by wins_enough.* is served on") as stopped:
        await world.promote("worse")
    assert exit_code(stopped.value) == 7
    pointer = world.channel.pointer()
    assert pointer
    assert (models[pointer.digest], pointer.version) == ("served", 1)
    asked = world.asked_counts
    assert asked[0] == 2 * COUNT, "each contest in both orders"
    with pytest.raises(KeptOut):
        await world.promote("worse")
    assert world.asked_counts == asked
    trials = [json.loads(path.read_text()) for path in (world.run / "canary/trials").iterdir()]
    assert [(each["outcomes"], each["agreement"]["count"]) for each in trials] == [
        ({"lost": COUNT}, COUNT)
    ]
    page = render_report({"run": "r", "stages": [], "promotions": trials})
    assert "loses against what is served" in page


async def test_better_weights_are_promoted_and_said_to_be(
    world: World, models: dict[str, str]
) -> None:
    await world.promote("better")
    pointer = world.channel.pointer()
    assert pointer
    assert models[pointer.digest] == "better"
    record = json.loads((world.run / "stages" / "promote-junior.json").read_text())
    assert record["detail"]["trial"]["outcomes"] == {"won": COUNT}
    assert record["teacher"]["calls"] == 2 * COUNT
    asked = world.asked_counts
    await world.promote("better")
    assert world.asked_counts == asked, "what is served already needs no proof"


async def test_the_budgets_cap_holds_for_a_trial(world: World) -> None:
    capped = {"set": [*world.settings.set, "teacher.caps.calls=5"]}
    poor = replace(world, settings=world.settings.model_copy(update=capped))
    with pytest.raises(OverBudget):
        await poor.promote("better")
    assert len(world.teacher.requests) <= 5
