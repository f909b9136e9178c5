"""Weights change twenty times under constant load, and no answer is lost or wrong."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from littlegiants.answers import Generated, WeightsSpan
from littlegiants.client import AdminClient, GeneratorClient
from littlegiants.kinds import Kind
from littlegiants.tasks import Prompt, Task, draw_prompt
from tests.integration.generator_process import (
    Server,
    await_serving,
    generator,
    point_to,
    put_weights,
)
from tests.integration.tiny_model import make_tiny_model
from tests.integration.tiny_weights import make_other_weights, make_tiny_adapter

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PROMOTION_COUNT = 20
ASKER_COUNT = 6
PROMPTS = [
    draw_prompt(Task(kind, "Home/Gardening", f"Match a chore to tool {number}."), seed=number)
    for number, kind in enumerate([*Kind, *Kind])
]
Texts = dict[tuple[str, bool], str]
"""By a prompt's id, and whether the answer was held to the schema."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Two sets of weights, and the flags with which a server takes one or the other."""

    folders: tuple[Path, Path]
    flags: tuple[str, ...]


@pytest.fixture(params=["merged", "adapter"])
def candidates(request: pytest.FixtureRequest, smollm2: Path, tmp_path: Path) -> Candidates:
    """Whole models, or adapters on one base."""
    base = make_tiny_model(smollm2, tmp_path / "base")
    if request.param == "merged":
        return Candidates((base, make_other_weights(base, tmp_path / "other", seed=1)), ())
    first, second = (make_tiny_adapter(base, tmp_path / f"a{n}", seed=n) for n in (1, 2))
    return Candidates((first, second), ("--adapter-base", str(base)))


@dataclass(slots=True)
class Load:
    """Asks without a pause, and keeps every answer."""

    server: Server
    answers: list[tuple[bool, Generated]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    is_over: bool = False

    async def ask(self, offset: int) -> None:
        """Go round the prompts until it is over."""
        async with GeneratorClient(self.server.address) as client:
            for prompt in itertools.islice(itertools.cycle(PROMPTS), offset, None):
                if self.is_over:
                    return
                for constrained in (True, False):
                    await self._ask(client, prompt, constrained)

    async def _ask(self, client: GeneratorClient, prompt: Prompt, constrained: bool) -> None:
        try:
            answer = await ask(client, prompt, constrained)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a failed request
            self.failures.append(error)
        else:
            self.answers.append((constrained, answer))


async def ask(client: GeneratorClient, prompt: Prompt, constrained: bool) -> Generated:
    """The likeliest answer."""
    (answer,) = await client.generate(
        prompt, temperature=0.0, constrained=constrained, max_tokens=24
    )
    return answer


async def fresh_texts(folder: Path, flags: Sequence[str], log: Path) -> Texts:
    """What a server writes that was started with the weights in `folder`."""
    with generator("junior", ("--model", str(folder), *flags), log) as server:
        await await_serving(server)
        async with GeneratorClient(server.address) as client:
            return {
                (prompt.id, constrained): (await ask(client, prompt, constrained)).text
                for prompt in PROMPTS
                for constrained in (True, False)
            }


async def promote_to_and_fro(server: Server, channel: Path, digests: Sequence[str]) -> None:
    """Change the weights PROMOTION_COUNT times."""
    async with AdminClient(server.admin_address) as admin:
        for digest in itertools.islice(itertools.cycle(digests), 1, PROMOTION_COUNT + 1):
            point_to(channel, "junior", digest)
            assert await admin.reload() == digest
            await asyncio.sleep(0.5)


async def test_no_answer_is_lost_or_wrong(candidates: Candidates, tmp_path: Path) -> None:
    channel = tmp_path / "weights"
    digests = [put_weights(channel, "junior", folder) for folder in candidates.folders]
    point_to(channel, "junior", digests[0])
    expected = {
        digest: await fresh_texts(folder, candidates.flags, tmp_path / f"{digest}.log")
        for digest, folder in zip(digests, candidates.folders, strict=True)
    }
    different = sum(
        expected[digests[0]][key] != expected[digests[1]][key] for key in expected[digests[0]]
    )
    assert different == 2 * len(PROMPTS)
    flags = ("--weights", str(channel), *candidates.flags)
    with generator("junior", flags, tmp_path / "log") as server:
        await await_serving(server)
        load = Load(server)
        askers = [asyncio.create_task(load.ask(offset)) for offset in range(ASKER_COUNT)]
        await promote_to_and_fro(server, channel, digests)
        load.is_over = True
        await asyncio.gather(*askers)
    counts = Counter(answer.provenance.weights_digest for _, answer in load.answers)
    wrong = [
        answer
        for constrained, answer in load.answers
        if answer.text != expected[answer.provenance.weights_digest][answer.prompt.id, constrained]
    ]
    print(f"\n{PROMOTION_COUNT} promotions, {len(load.answers)} answers {dict(counts)}, ", end="")
    print(f"{len(load.failures)} failed, {len(wrong)} wrong")
    assert not load.failures
    assert not wrong
    assert min(counts[digest] for digest in digests) > PROMOTION_COUNT
    assert all(
        answer.provenance.weights_spans
        == (WeightsSpan(answer.provenance.weights_digest, 0, answer.provenance.completion_tokens),)
        for _, answer in load.answers
    )
