"""Weights are tried on a share of the calls before they are live: canaries follow the candidate."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from pydantic_settings import CliApp
from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.replicas import Replica
from pipelines.__main__ import Pipelines
from pipelines.cli.command_line import parsed
from pipelines.generators.candidates import finish, offer, withdraw
from pipelines.generators.commands import listing
from pipelines.generators.promotion import is_served
from pipelines.generators.weights_channel import Channel
from services.generator.engine.scripted_engine import ScriptedEngine
from services.generator.generation.served_model import Served
from services.generator.settings import GeneratorSettings
from services.generator.weights.source import find_weights
from services.generator.weights.turns import SERVING, state_of_weights
from tests.unit.scripted_server import serving
from tests.unit.text_tensors import save_text


def model(folder: Path) -> Path:
    """A model whose tensor is its folder's name."""
    folder.mkdir()
    save_text(folder / "model.safetensors", folder.name)
    return folder


@pytest.fixture
def channel(tmp_path: Path) -> Channel:
    """A channel with live weights."""
    channel = Channel(UPath(tmp_path / "channel"), "junior")
    channel.promote(model(tmp_path / "one"))
    return channel


@asynccontextmanager
async def follower(channel: Channel, *, candidate: bool) -> AsyncIterator[Served]:
    """What a generator of the release serves, or its canary."""
    settings = GeneratorSettings(
        role="junior", weights=str(channel.folder), host="127.0.0.1", port=0, candidate=candidate
    )
    engine, weights = ScriptedEngine(), find_weights(settings)
    await engine.reload(weights.folder, weights.digest)
    yield Served(engine, settings, weights)


async def test_canaries_serve_the_candidate_and_all_others_what_is_live(
    channel: Channel, tmp_path: Path
) -> None:
    live = channel.promote(tmp_path / "one").digest
    async with AsyncExitStack() as stack:
        canary, other = [
            await stack.enter_async_context(follower(channel, candidate=each))
            for each in (True, False)
        ]
        assert canary.weights.digest == live, "without a candidate it serves as the others do"
        list(offer(channel, model=str(model(tmp_path / "two"))))
        candidate = channel.candidate()
        assert candidate
        for each in (canary, other):
            await each.reload(anew=False)
        assert (canary.weights.digest, other.weights.digest) == (candidate.digest, live)
        list(finish(channel))
        for each in (canary, other):
            await each.reload(anew=False)
        assert {canary.weights.digest, other.weights.digest} == {candidate.digest}
    assert channel.candidate() is None


async def test_a_candidate_that_is_withdrawn_was_never_live(
    channel: Channel, tmp_path: Path
) -> None:
    live = channel.pointer()
    async with follower(channel, candidate=True) as canary:
        list(offer(channel, model=str(model(tmp_path / "two"))))
        assert await canary.reload(anew=False)
        list(withdraw(channel))
        assert await canary.reload(anew=False)
        assert live and canary.weights.digest == live.digest
    assert channel.versions() == [live]


async def test_replicas_that_load_in_turn_do_not_wait_for_a_canary(channel: Channel) -> None:
    async with follower(channel, candidate=True) as canary, serving(canary) as server:
        assert await state_of_weights(Replica(server.address), "0" * 32) == SERVING


def test_a_promotion_is_served_when_all_but_the_canary_serve_it(
    channel: Channel, tmp_path: Path
) -> None:
    first = channel.pointer()
    list(offer(channel, model=str(model(tmp_path / "two"))))
    candidate, live = channel.candidate(), channel.promote(model(tmp_path / "three"))
    assert first and candidate
    assert is_served(channel, live, {live.digest})
    assert is_served(channel, live, {live.digest, candidate.digest})
    assert not is_served(channel, live, {candidate.digest})
    assert not is_served(channel, live, {live.digest, first.digest})
    assert not is_served(channel, live, set())


def test_a_candidate_is_listed_and_kept(channel: Channel, tmp_path: Path) -> None:
    one = channel.promote(tmp_path / "one").digest
    channel.promote(model(tmp_path / "two"))
    list(offer(channel, to=one))
    assert list(listing(channel.folder))[-1].split()[:4] == ["+", "junior", "2", one]
    assert channel.prune(keep=1) == []
    list(withdraw(channel))
    assert channel.prune(keep=1) == [one]


def test_what_cannot_be_a_candidate_is_refused(channel: Channel, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"manifest\.json of weights 000"):
        list(offer(channel, to="0" * 32))
    with pytest.raises(BadInput, match="no senior is live"):
        list(offer(Channel(channel.folder, "senior"), model=str(tmp_path / "one")))
    with pytest.raises(BadInput, match="has no candidate"):
        list(finish(channel))


@pytest.mark.parametrize(
    "flags",
    [["offer"], ["offer", "--model", "m", "--to", "0"], ["finish", "--to", "0"]],
    ids=["nothing", "two things", "an end"],
)
def test_one_thing_is_offered(flags: list[str]) -> None:
    with pytest.raises(BadInput, match="give one of them to offer"):
        parsed(Pipelines, ["candidate", *flags, "--role", "senior"])


def test_the_command_line_offers(
    channel: Channel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["--channel", str(channel.folder), "--role", "junior"]
    offered = ["--model", str(model(tmp_path / "two"))]
    CliApp.run(Pipelines, cli_args=["candidate", "offer", *named, *offered])
    CliApp.run(Pipelines, cli_args=["candidate", "finish", *named])
    assert "is live, version 2" in capsys.readouterr().out


def test_a_candidate_stands_in_a_channel() -> None:
    with pytest.raises(ValueError, match="--candidate needs --weights"):
        GeneratorSettings(role="junior", model=Path("model"), candidate=True)
