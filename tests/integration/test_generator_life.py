"""A generator's processes end together, whichever of them dies."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from littlegiants.client import RevisorClient
from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Task, draw_prompt
from tests.integration.generator_process import Server, await_serving, generator, left_after
from tests.integration.tiny_model import make_tiny_model

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PROMPT = draw_prompt(
    Task(Kind.MATCHING_SHORT, "Home/Gardening", "Match a chore to a tool."), seed=1
)


@pytest.fixture(scope="module")
def revisor(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A revisor without sense, which starts fast."""
    folder = tmp_path_factory.mktemp("revisor")
    model = make_tiny_model(smollm2, folder / "tiny")
    with generator("revisor", ("--model", str(model)), folder / "log") as running:
        asyncio.run(await_serving(running))
        yield running


async def test_a_revisor_revises(revisor: Server) -> None:
    sample = Sample(Kind.MATCHING_SHORT, "cutting back a hedge", "hedge shears")
    async with RevisorClient(revisor.address) as client:
        revised = await client.revise(PROMPT, sample)
    assert revised.text.startswith('{"reason":"')
    assert bool(revised.sample) != bool(revised.reason)
    assert revised.provenance.role == "revisor"


async def test_a_dead_engine_ends_the_server(revisor: Server) -> None:
    children = revisor.children()
    engine = next(each for each in children if "EngineCore" in " ".join(each.cmdline()))
    engine.kill()
    assert await asyncio.to_thread(revisor.process.wait, 60) == 1
    assert not left_after(children, timeout_s=20)
