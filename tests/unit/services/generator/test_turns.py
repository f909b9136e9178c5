"""Replicas of a role load new weights in turn, and the others serve meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.errors import LittleGiantsError
from littlegiants.replicas import Replica
from littlegiants.weights_pointer import Pointer
from pipelines.generators.weights_channel import Channel
from services.generator.engine.scripted_engine import ScriptedEngine, price_of
from services.generator.generation.served_model import Served
from services.generator.settings import GeneratorSettings
from services.generator.weights.source import find_weights
from services.generator.weights.turns import before
from tests.unit.scripted_server import Scripted, free_port, serving
from tests.unit.text_tensors import save_text

COUNT = 3
LOAD_S = 0.2


class SlowEngine(ScriptedEngine):
    """Takes a while to load; all of a test count how many load at once."""

    loading, most = 0, 0

    async def reload(self, folder: Path, version: str) -> None:
        SlowEngine.loading += 1
        SlowEngine.most = max(SlowEngine.most, SlowEngine.loading)
        try:
            await asyncio.sleep(LOAD_S)
        finally:
            SlowEngine.loading -= 1
        await super().reload(folder, version)


@pytest.fixture
def channel(tmp_path: Path) -> Channel:
    """A channel with first weights that are live."""
    channel = Channel(UPath(tmp_path / "channel"), "junior")
    channel.point_to(put(channel, tmp_path / "one"))
    return channel


def put(channel: Channel, folder: Path) -> str:
    """The digest of weights whose tensor is the folder's name."""
    folder.mkdir()
    save_text(folder / "model.safetensors", folder.name)
    return channel.put(folder)


@contextlib.asynccontextmanager
async def replicas(
    channel: Channel, *, in_turn: bool = True, broken: str = ""
) -> AsyncIterator[list[Scripted]]:
    """Three servers that follow the channel; the weights `broken` make no sense to them."""
    ports = [free_port() for _ in range(COUNT)]
    peers = [f"127.0.0.1:{port}" for port in ports] if in_turn else []
    async with contextlib.AsyncExitStack() as stack:
        servers = []
        for port in ports:
            settings = GeneratorSettings(
                role="junior",
                weights=str(channel.folder),
                host="127.0.0.1",
                port=port,
                peers=",".join(peers),
                own_address=f"127.0.0.1:{port}",
            )
            servers.append(await stack.enter_async_context(follower(settings, broken)))
        SlowEngine.most = 0
        yield servers


@contextlib.asynccontextmanager
async def follower(settings: GeneratorSettings, broken: str) -> AsyncIterator[Scripted]:
    """A server that looks at its pointer often."""
    engine, weights = SlowEngine(), find_weights(settings)
    await engine.reload(weights.folder, weights.digest)
    engine.price = lambda tensors: (
        float("nan") if engine.loaded[-1] == broken else price_of(tensors)
    )
    served = Served(engine, settings, weights)
    await served.prepare()

    async def follow() -> None:
        while True:
            with contextlib.suppress(LittleGiantsError):
                await served.reload(anew=False)
            await asyncio.sleep(0.02)

    async with serving(served) as server:
        following = asyncio.create_task(follow())
        yield server
        following.cancel()


async def until_all_serve(servers: list[Scripted], pointer: Pointer) -> None:
    """Return when every server serves what this version of the pointer names."""
    wanted = {(pointer.digest, pointer.version)}
    async with asyncio.timeout(60):
        while {served_by(each) for each in servers} != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def served_by(server: Scripted) -> tuple[str, int]:
    """Digest and version of a server's weights."""
    return server.served.weights.digest, server.served.weights.version


@pytest.mark.parametrize(("in_turn", "most"), [(True, 1), (False, COUNT)])
async def test_at_every_moment_at_least_two_of_three_serve(
    channel: Channel, tmp_path: Path, in_turn: bool, most: int
) -> None:
    async with replicas(channel, in_turn=in_turn) as servers:
        await until_all_serve(servers, channel.point_to(put(channel, tmp_path / "two")))
    assert SlowEngine.most == most


async def test_who_waits_for_its_turn_follows_a_pointer_that_turns_back(
    channel: Channel, tmp_path: Path
) -> None:
    async with replicas(channel) as servers:
        second = channel.point_to(put(channel, tmp_path / "two"))
        async with asyncio.timeout(60):
            while all(served_by(each)[1] < second.version for each in servers):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await until_all_serve(servers, channel.roll_back())
    assert SlowEngine.most == 1


async def test_a_replica_that_refuses_holds_up_nobody(channel: Channel, tmp_path: Path) -> None:
    broken = put(channel, tmp_path / "two")
    async with replicas(channel, broken=broken) as servers:
        channel.point_to(broken)
        async with asyncio.timeout(60):
            while not all(each.served.refused for each in servers):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert SlowEngine.most == 1


async def test_an_operator_does_not_wait(channel: Channel, tmp_path: Path) -> None:
    settings = GeneratorSettings(
        role="junior", weights=str(channel.folder), peers="127.0.0.1:1", own_address="127.0.0.1:2"
    )
    engine, weights = ScriptedEngine(), find_weights(settings)
    await engine.reload(weights.folder, weights.digest)
    served = Served(engine, settings, weights)
    channel.point_to(put(channel, tmp_path / "two"))
    assert not await served.reload(anew=False)
    assert await served.reload()


@pytest.mark.parametrize(
    ("count", "place", "waits_for"),
    [(1, 0, 0), (3, 0, 0), (3, 2, 2), (8, 1, 0), (8, 5, 4), (32, 7, 0), (32, 8, 1)],
)
def test_a_quarter_loads_at_once(count: int, place: int, waits_for: int) -> None:
    peers = [Replica(f"[fd00::{number:02}]:50051") for number in range(count)]
    assert before(f"fd00::{place:02}:50051", peers) == peers[:waits_for]


def test_who_is_not_among_its_peers_comes_last() -> None:
    peers = [Replica(f"10.0.0.{number}:1") for number in (1, 2)]
    assert before("10.0.0.0:1", peers) == peers


def test_a_replica_must_know_which_one_it_is() -> None:
    with pytest.raises(ValueError, match="--peers needs --own-address"):
        GeneratorSettings(role="junior", weights="w", peers="dns:///junior:1")
