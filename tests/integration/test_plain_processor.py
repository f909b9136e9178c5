"""Engine and trainings on a processor that does not multiply bfloat16, whatever machine this is."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from safetensors import safe_open

from littlegiants.client import AdminClient, GeneratorClient
from littlegiants.kinds import Kind
from littlegiants.scoring import Completed, ScoreClient
from littlegiants.tasks import Task, draw_prompt
from tests.integration.generator_process import (
    Server,
    await_serving,
    generator,
    left_after,
    point_to,
    put_weights,
)
from tests.integration.plain_processor import PLAIN
from tests.integration.tiny_model import make_tiny_model
from tests.integration.tiny_weights import make_other_weights

TRAININGS = ("sft", "dpo", "embed")
TEXTS = ("A rake.", "Two spades and a pair of shears in the shed behind the house.")
PROMPTS = [
    draw_prompt(Task(Kind.STS, "Home/Gardening", "Match a chore to a tool."), seed=seed)
    for seed in range(12)
]


@dataclass(frozen=True, slots=True)
class Following:
    """A server, the channel that it follows, and two digests of weights there."""

    server: Server
    channel: Path
    first: str
    second: str


@pytest.fixture(scope="module")
def tiny(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(smollm2, tmp_path_factory.mktemp("plain") / "tiny")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((PLAIN, ()), id="avx2"),
        pytest.param(({}, ("--dtype", "float32")), id="float32", marks=pytest.mark.slow),
    ],
)
def following(
    request: pytest.FixtureRequest, tiny: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Following]:
    """A junior that computes in float32: because it must, or because it is told to."""
    environment, flags = request.param
    folder = tmp_path_factory.mktemp("following")
    other = make_other_weights(tiny, folder / "other", seed=1)
    first, second = (put_weights(folder / "weights", "junior", each) for each in (tiny, other))
    point_to(folder / "weights", "junior", first)
    source = ("--weights", str(folder / "weights"), *flags)
    with generator("junior", source, folder / "log", environment=environment) as server:
        asyncio.run(await_serving(server))
        yield Following(server, folder / "weights", first, second)


@pytest.fixture
async def client(following: Following) -> AsyncIterator[GeneratorClient]:
    async with GeneratorClient(following.server.address) as opened:
        yield opened


async def likelihoods(server: Server, asked: list[Completed]) -> list[float | None]:
    """Log-probabilities, in the order in which they are asked for, side by side."""
    async with ScoreClient(server.address) as scorer:
        found = {each.index: each.log_probability async for each in scorer.score(asked)}
    return [found[index] for index in range(len(asked))]


@pytest.mark.engine
async def test_the_server_says_that_it_computes_in_float32(following: Following) -> None:
    assert "float32: " in following.server.log.read_text()


@pytest.mark.engine
async def test_a_text_does_not_depend_on_its_company(client: GeneratorClient) -> None:
    asked = [client.generate(each, constrained=False, max_tokens=24) for each in PROMPTS]
    crowded = [answer.text for (answer,) in await asyncio.gather(*asked)]
    alone = [
        (await client.generate(each, constrained=False, max_tokens=24))[0].text
        for each in PROMPTS[:3]
    ]
    assert alone == crowded[:3]


@pytest.mark.engine
async def test_a_likelihood_does_not_depend_on_its_company(following: Following) -> None:
    asked = [Completed(prompt, text) for prompt in PROMPTS for text in TEXTS]
    crowded = await likelihoods(following.server, asked)
    alone = [(await likelihoods(following.server, [each]))[0] for each in asked[:4]]
    assert None not in alone
    assert alone == crowded[:4]


@pytest.mark.engine
async def test_stored_bfloat16_takes_the_place_of_what_is_served(following: Following) -> None:
    asked = [Completed(PROMPTS[0], TEXTS[0])]
    found = []
    async with AdminClient(following.server.admin_address) as admin:
        for digest in (following.first, following.second, following.first):
            point_to(following.channel, "junior", digest)
            assert await admin.reload() == digest
            found += await likelihoods(following.server, asked)
    assert found[0] == found[2] != found[1]


@pytest.mark.engine
def test_a_server_that_is_killed_leaves_no_engine(following: Following) -> None:
    children = following.server.children()
    following.server.process.kill()
    assert children
    assert not left_after(children, timeout_s=20)


@pytest.fixture(scope="module")
def trained(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Where the tiny model was trained in each way, and what the program printed."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "tiny").symlink_to(tiny)
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.one_training", str(folder), *TRAININGS],
        env={**os.environ, **PLAIN, "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    return folder, done.stdout


@pytest.mark.training
@pytest.mark.parametrize("kind", TRAININGS)
def test_what_is_trained_in_float32_is_stored_in_bfloat16(
    trained: tuple[Path, str], kind: str
) -> None:
    folder, told = trained
    assert f"[{kind}] float32: ATEN_CPU_CAPABILITY=avx2" in told
    assert f"{kind}: steps" in told
    with safe_open(folder / f"{kind}-out" / "model.safetensors", "pt") as file:
        types = {file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
    assert types == {"BF16"}
