"""A server's life: weights, reload, signals, a dead engine, and what --help and flags say."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Any

import fsspec
import pytest
from upath import UPath

from littlegiants import heartbeat
from littlegiants.client import GeneratorClient
from littlegiants.errors import BadInput, Unavailable
from littlegiants.weights import manifest_of
from pipelines.generators.weights_channel import Channel
from services.generator.engine.protocol import Engine
from services.generator.engine.scripted_engine import ScriptedEngine, open_scripted
from services.generator.queue.slots import Slots
from services.generator.server import run, serve
from services.generator.settings import GeneratorSettings, parse
from services.generator.weights.first_weights import first_weights
from services.generator.weights.source import find_weights, follow
from tests.unit.scripted_server import prompt_of, scripted_server


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with a file in it."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def promote(model: Path, url: str, role: str = "junior") -> str:
    """Write `model` into a weights channel; its digest."""
    channel = Channel(UPath(url), role)
    return channel.point_to(channel.put(model)).digest


@pytest.fixture(params=["folder", "memory"])
def channel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty weights channel, here or elsewhere."""
    yield str(tmp_path / "weights") if request.param == "folder" else "memory://weights"
    memory = fsspec.filesystem("memory")
    if memory.exists("/weights"):
        memory.rm("/weights", recursive=True)


def test_follows_the_pointer_and_verifies(channel: str, model: Path, tmp_path: Path) -> None:
    digest = promote(model, channel)
    found = follow(channel, "junior", cache=tmp_path / "cache")
    assert found.digest == digest
    assert (found.folder / "model.safetensors").read_bytes() == b"weights"
    assert follow(channel, "junior", cache=tmp_path / "cache") == found


def test_tampered_weights_are_refused(channel: str, model: Path, tmp_path: Path) -> None:
    digest = promote(model, channel)
    system, root = fsspec.core.url_to_fs(channel)
    system.pipe_file(f"{root}/junior/{digest}/model.safetensors", b"weightz")
    with pytest.raises(BadInput, match=r"model\.safetensors"):
        follow(channel, "junior", cache=tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*/*"))


def test_weights_that_nobody_promoted_are_unavailable(channel: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="promote"):
        follow(channel, "junior", cache=tmp_path)


async def test_a_server_waits_for_the_first_promotion(
    channel: str, model: Path, tmp_path: Path
) -> None:
    settings = GeneratorSettings(
        role="junior", weights=channel, cache=tmp_path / "cache", poll_s=0.05, first_wait_s=20
    )
    waiting = asyncio.ensure_future(first_weights(settings))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    digest = promote(model, channel)
    assert (await waiting).digest == digest


@contextmanager
def waiting_for_weights(folder: Path) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """A server in a process of its own that waits for its first weights, and its log."""
    command = [sys.executable, "-m", "tests.integration.slow_generator", "--role=junior"]
    command += [f"--weights={folder}", "--first-wait-s=60"]
    environment = {**os.environ, "SLOW_GENERATOR_S": "0"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("waiting 60 s for the first weights" in line for line in process.stderr)
        yield process, process.stderr


def test_a_server_can_be_stopped_before_it_serves(tmp_path: Path) -> None:
    with waiting_for_weights(tmp_path) as (process, _):
        process.terminate()
    # not -SIGTERM: the first process of a container has only the handlers that it sets itself
    assert process.returncode == 0


async def test_a_server_does_not_wait_for_ever(channel: str, tmp_path: Path) -> None:
    settings = GeneratorSettings(role="junior", weights=channel, poll_s=0.05, first_wait_s=0.2)
    with pytest.raises(Unavailable, match="promote the role first"):
        await first_weights(settings)


async def test_reloads_between_completions_never_during_one(model: Path, tmp_path: Path) -> None:
    channel = str(tmp_path / "weights")
    promote(model, channel)
    engine = ScriptedEngine(delay_s=0.2)
    async with (
        scripted_server(engine, model=None, weights=channel) as server,
        GeneratorClient(server.address) as client,
    ):
        before = asyncio.ensure_future(client.generate(prompt_of()))
        await asyncio.sleep(0.1)
        assert await server.served.reload()
        (after,) = await client.generate(prompt_of())
        assert not await server.served.reload()
    assert (await before)[0].provenance.weights_digest == "first"
    assert after.provenance.weights_digest == manifest_of(model).digest == engine.loaded[-1]


async def test_a_signal_lets_calls_finish_and_ends_the_server(model: Path) -> None:
    engine = ScriptedEngine(delay_s=0.5)
    settings = GeneratorSettings(role="junior", model=model, host="127.0.0.1", port=_free_port())
    serving = asyncio.ensure_future(serve(settings, open_scripted(engine)))
    async with GeneratorClient(f"127.0.0.1:{settings.port}") as client:
        await client.wait_until_serving(timeout_s=20)
        call = asyncio.ensure_future(client.generate(prompt_of()))
        await asyncio.sleep(0.2)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await serving == 0
        assert (await call)[0].sample
    assert engine.loaded == [find_weights(settings).digest]


async def test_a_dead_engine_ends_the_server_with_a_fault(model: Path) -> None:
    engine = ScriptedEngine()
    settings = GeneratorSettings(role="junior", model=model, host="127.0.0.1", port=_free_port())
    serving = asyncio.ensure_future(serve(settings, open_scripted(engine)))
    async with GeneratorClient(f"127.0.0.1:{settings.port}") as client:
        await client.wait_until_serving(timeout_s=20)
    engine.is_dead = True
    assert await asyncio.wait_for(serving, 10) == 1


def test_a_server_that_cannot_warm_up_ends(model: Path) -> None:
    engine = ScriptedEngine()
    engine.is_dead = True
    settings = GeneratorSettings(role="junior", model=model, host="127.0.0.1", port=_free_port())
    assert run(settings, open_scripted(engine)) == 3


def test_a_server_without_weights_says_so_in_its_exit_code(tmp_path: Path) -> None:
    settings = GeneratorSettings(role="junior", weights=str(tmp_path))
    assert run(settings, open_scripted(ScriptedEngine())) == 3
    settings = GeneratorSettings(role="junior", model=tmp_path / "none")
    assert run(settings, open_scripted(ScriptedEngine())) == 2


def test_a_rank_is_read_from_the_command_line() -> None:
    assert (
        parse(["--role", "junior", "--model", "m", "--max-adapter-rank", "32"]).max_adapter_rank
        == 32
    )


async def test_who_wants_to_be_alone_waits_and_is_waited_for() -> None:
    slots, order = Slots(2), []

    async def work(name: str) -> None:
        async with slots.slot():
            await asyncio.sleep(0.05)
            order.append(name)

    async def alone() -> None:
        async with slots.alone():
            assert slots.taken_count == 0
            order.append("alone")

    first = [asyncio.ensure_future(work("first")) for _ in range(2)]
    await asyncio.sleep(0)
    waiting = [asyncio.ensure_future(each) for each in (alone(), alone())]
    await asyncio.sleep(0.01)
    await asyncio.gather(*first, *waiting, work("last"))
    assert order[:2] == ["first", "first"]
    assert sorted(order[2:]) == ["alone", "alone", "last"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--role", "boss", "--model", "m"], "--role"),
        (["--role", "junior"], "--model or --weights"),
        (["--role", "junior", "--model", "m", "--weights", "w"], "--model or --weights"),
        (["--role", "junior", "--model", "m", "--max-seqs", "0"], "--max-seqs"),
        (["--role", "junior", "--model", "m", "--colour", "red"], "--colour"),
        (["--role", "junior", "--model", "m", "--max-adapter-rank", "9"], "8, 16, 32"),
    ],
)
def test_a_wrong_flag_is_named(
    flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(flags)
    assert message in capsys.readouterr().err


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_server_that_loads_says_where_it_is(
    model: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Engines of large models take minutes, in which their processes keep silent."""
    monkeypatch.setattr(heartbeat, "SILENCE_S", 0.05)
    caplog.set_level("INFO")

    @asynccontextmanager
    async def slow(*given: Any) -> AsyncIterator[Sequence[Engine]]:
        await asyncio.sleep(0.5)
        async with open_scripted(ScriptedEngine())(*given) as engines:
            yield engines

    settings = GeneratorSettings(role="junior", model=model, host="127.0.0.1", port=0)
    serving = asyncio.ensure_future(serve(settings, slow))
    await asyncio.sleep(1.5)
    os.kill(os.getpid(), signal.SIGTERM)
    await serving
    told = [record.getMessage() for record in caplog.records]
    loading = [line for line in told if line.startswith("loading weights ")]
    assert len(loading) >= 3
    assert told.index(loading[-1]) < next(i for i, line in enumerate(told) if " serves " in line)


async def test_a_server_that_waits_for_a_promotion_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(heartbeat, "SILENCE_S", 0.05)
    caplog.set_level("INFO")
    settings = GeneratorSettings(role="junior", weights=str(tmp_path), poll_s=0.05, first_wait_s=1)
    with pytest.raises(Unavailable):
        await serve(settings, open_scripted(ScriptedEngine()))
    told = f"no junior was promoted to {tmp_path} yet; waiting, "
    assert sum(record.getMessage().startswith(told) for record in caplog.records) >= 3


def test_ctrl_c_before_it_serves_is_one_line(tmp_path: Path) -> None:
    with waiting_for_weights(tmp_path) as (process, log):
        process.send_signal(signal.SIGINT)
        [line] = log.read().splitlines()
    assert process.returncode == 130
    assert "interrupted" in line
