"""Three roles as adapters of one base in one engine, next to an engine for each of them."""

import asyncio
import itertools
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from littlegiants.client import AdminClient, GeneratorClient, RevisorClient
from littlegiants.connection import ServiceClient
from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from littlegiants.requests import Options
from littlegiants.samples import Sample
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

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(1800)]

ROLES = ("junior", "senior", "revisor")
PROMOTION_COUNT = 6
ASKER_COUNT = 2
"""Of each role."""
TASK = Task(Kind.MATCHING_SHORT, "Home/Gardening", "Match a chore to a tool.")
PROMPTS = [draw_prompt(TASK, seed=seed) for seed in range(4)]
DRAFT = Sample(Kind.MATCHING_SHORT, "cutting back a hedge", "hedge shears")
EVERY = tuple(
    (seed, temperature, constrained)
    for seed in range(len(PROMPTS))
    for temperature, constrained in ((0.0, True), (1.0, False))
)
"""All that is asked: a prompt's number, the temperature, and whether the schema holds."""
Asked = tuple[int, float, bool]
Texts = dict[Asked, str]


@dataclass(frozen=True, slots=True)
class World:
    """A base with adapters of each role, and what an engine of its own writes with each of them."""

    base: Path
    folders: Mapping[str, Path]
    texts: Mapping[str, Texts]


async def ask(client: ServiceClient, asked: Asked) -> tuple[str, str]:
    """What is written, and the digest of the weights that wrote it."""
    seed, temperature, constrained = asked
    options: Options = {"temperature": temperature, "constrained": constrained, "max_tokens": 24}
    prompt: Prompt = PROMPTS[seed]
    if isinstance(client, RevisorClient):
        revised = await client.revise(prompt, DRAFT, **options)
        return revised.text, revised.provenance.weights_digest
    assert isinstance(client, GeneratorClient)
    (answer,) = await client.generate(prompt, **options)
    (span,) = answer.provenance.weights_spans
    assert span.weights_digest == answer.provenance.weights_digest
    return answer.text, answer.provenance.weights_digest


def client_of(role: str, server: Server) -> ServiceClient:
    """Of the server of `role`."""
    return (RevisorClient if role == "revisor" else GeneratorClient)(server.address)


async def texts_of(role: str, server: Server) -> Texts:
    """All that is asked, at once."""
    async with client_of(role, server) as client:
        answers = await asyncio.gather(*(ask(client, asked) for asked in EVERY))
    return {asked: text for asked, (text, _) in zip(EVERY, answers, strict=True)}


@pytest.fixture(scope="module")
def world(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Adapters `junior`, `junior-2`, `senior`, `revisor`, each alone in an engine."""
    folder = tmp_path_factory.mktemp("world")
    base = make_tiny_model(smollm2, folder / "base")
    names = ("junior", "junior-2", "senior", "revisor")
    made = {name: make_tiny_adapter(base, folder / name, seed=n) for n, name in enumerate(names)}
    texts: dict[str, Texts] = {}
    for role, served in (("junior", names[:3]), ("revisor", names[3:])):
        texts |= asyncio.run(alone(role, {name: made[name] for name in served}, base))
    return World(base, made, texts)


async def alone(role: str, folders: Mapping[str, Path], base: Path) -> dict[str, Texts]:
    """What an engine of one role writes with each adapter, one after the other."""
    channel, found = base.parent / f"{role}-alone", {}
    digests = {name: put_weights(channel, role, folder) for name, folder in folders.items()}
    point_to(channel, role, next(iter(digests.values())))
    flags = ("--weights", str(channel), "--adapter-base", str(base))
    with generator(role, flags, base.parent / f"{role}.log") as server:
        await await_serving(server)
        for name, digest in digests.items():
            await promote(server, channel, role, digest)
            found[name] = await texts_of(role, server)
    return found


@dataclass(slots=True)
class Load:
    """Asks one role without a pause, and keeps every answer."""

    role: str
    server: Server
    answers: list[tuple[Asked, str, str]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    is_over: bool = False

    async def ask(self, offset: int) -> None:
        """Go round until it is over."""
        async with client_of(self.role, self.server) as client:
            for asked in itertools.islice(itertools.cycle(EVERY), offset * 3, None):
                if self.is_over:
                    return
                try:
                    self.answers.append((asked, *await ask(client, asked)))
                except Exception as error:  # noqa: BLE001 - whatever it is, it is a failed request
                    self.failures.append(error)


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty channel."""
    return tmp_path_factory.mktemp("channel") / "weights"


@pytest.fixture(scope="module")
def together(
    world: World, channel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Server]]:
    """One process with all roles, none of which was promoted."""
    flags = ("--weights", str(channel), "--adapter-base", str(world.base))
    log = tmp_path_factory.mktemp("together") / "log"
    with ExitStack() as running:
        server = running.enter_context(generator(",".join(ROLES), flags, log))
        asyncio.run(await_serving(server))
        yield {role: server.next_role(place) for place, role in enumerate(ROLES)}


async def test_the_base_answers_before_a_promotion(
    world: World, together: dict[str, Server]
) -> None:
    found = {role: await texts_of(role, together[role]) for role in ("junior", "senior")}
    assert found["junior"] == found["senior"]
    for name in ("junior", "senior"):
        assert found[name] != world.texts[name]


async def test_a_whole_model_is_refused(
    world: World, together: dict[str, Server], channel: Path, tmp_path: Path
) -> None:
    whole = make_other_weights(world.base, tmp_path / "whole", seed=9)
    point_to(channel, "junior", put_weights(channel, "junior", whole))
    async with AdminClient(together["junior"].admin_address) as admin:
        with pytest.raises(BadInput, match="weights of a whole model"):
            await admin.reload()


async def test_each_role_writes_what_its_own_engine_does_while_another_is_promoted(
    world: World, together: dict[str, Server], channel: Path
) -> None:
    digests = {
        name: put_weights(channel, name.partition("-")[0], folder)
        for name, folder in world.folders.items()
    }
    for role in ROLES:
        await promote(together[role], channel, role, digests[role])
    for role in ROLES:
        assert await texts_of(role, together[role]) == world.texts[role]
    loads = {role: Load(role, together[role]) for role in ROLES}
    askers = [
        asyncio.create_task(load.ask(number))
        for load in loads.values()
        for number in range(ASKER_COUNT)
    ]
    for name in itertools.islice(itertools.cycle(("junior-2", "junior")), PROMOTION_COUNT):
        await promote(together["junior"], channel, "junior", digests[name])
        await asyncio.sleep(0.5)
    for load in loads.values():
        load.is_over = True
    await asyncio.gather(*askers)
    names = {digest: name for name, digest in digests.items()}
    for role, load in loads.items():
        written = {names[digest] for _, _, digest in load.answers}
        wrong = [one for one in load.answers if one[1] != world.texts[names[one[2]]][one[0]]]
        print(f"{role}: {len(load.answers)} answers, {len(wrong)} wrong", load.failures)
        assert not load.failures
        assert not wrong
        assert written == ({"junior", "junior-2"} if role == "junior" else {role})


async def promote(server: Server, channel: Path, role: str, digest: str) -> None:
    """Have `server` serve it."""
    point_to(channel, role, digest)
    async with AdminClient(server.admin_address) as admin:
        assert await admin.reload() == digest
