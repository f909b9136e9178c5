"""Who promotes weights that generators refuse is told so at once, and the pointer stands back."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.replicas import Replica, replicas_of
from pipelines.generators import promotion
from pipelines.generators.promotion import await_served
from pipelines.generators.weights_channel import Channel
from pipelines.run.kept_models import local_model
from pipelines.run.step import Work
from pipelines.steps import promote as step
from pipelines.storage.s3_retries import patient_store
from services.generator.engine.scripted_engine import ScriptedEngine, price_of
from services.generator.generation.served_model import Served
from services.generator.settings import GeneratorSettings
from services.generator.weights.source import find_weights
from tests.unit.s3_server import S3Server
from tests.unit.scripted_server import Scripted, free_port, serving
from tests.unit.text_tensors import save_text


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generators are asked often."""
    monkeypatch.setattr(promotion, "ASK_INTERVAL_S", 0.05)


@pytest.fixture
def channel(tmp_path: Path) -> Channel:
    """A junior's channel with first weights."""
    channel = Channel(UPath(tmp_path / "run" / "weights"), "junior")
    channel.point_to(channel.put(model(tmp_path / "one")))
    return channel


def model(folder: Path) -> Path:
    """A model whose tensor is its name."""
    folder.mkdir(parents=True)
    save_text(folder / "model.safetensors", folder.name)
    return folder


@contextlib.asynccontextmanager
async def follower(channel: Channel, *, broken: str = "") -> AsyncIterator[Scripted]:
    """A generator that follows the channel; the weights `broken` make no sense to its engine."""
    settings = GeneratorSettings(
        role="junior", weights=str(channel.folder), host="127.0.0.1", port=0, admin_port=free_port()
    )
    engine, weights = ScriptedEngine(), find_weights(settings)
    await engine.reload(weights.folder, weights.digest)
    engine.price = lambda tensors: (
        float("nan") if engine.loaded[-1] == broken else price_of(tensors)
    )
    served = Served(engine, settings, weights)
    await served.prepare()
    async with serving(served) as server:
        following = asyncio.create_task(_follow(served))
        yield server
        following.cancel()


async def _follow(served: Served) -> None:
    while True:
        with contextlib.suppress(BadInput):
            await served.reload(anew=False)
        await asyncio.sleep(0.02)


async def test_a_refusal_ends_the_wait_with_its_reason_and_the_pointer_stands_back(
    channel: Channel, tmp_path: Path
) -> None:
    first, broken = channel.pointer(), channel.put(model(tmp_path / "two"))
    assert first
    async with asyncio.timeout(20), follower(channel, broken=broken) as server:
        place, pointer = f"junior={server.address}", channel.point_to(broken)
        with pytest.raises(BadInput, match=rf"{broken}.*log-probabilities.*{first.digest}"):
            await await_served(place, channel, pointer)
        back = channel.pointer()
        assert back
        assert (back.digest, back.version) == (first.digest, 3)
        await await_served(place, channel, back)
        await server.served.reload(anew=False)
        assert server.served.refused is None


async def test_the_step_itself_fails_at_once(channel: Channel, tmp_path: Path) -> None:
    run = tmp_path / "run"
    model(run / "models" / "junior")
    (run / "stages").mkdir()
    (run / "stages" / "finetune-junior.json").write_text("{}")
    digest = Channel(UPath(tmp_path / "elsewhere"), "junior").put(run / "models" / "junior")
    async with asyncio.timeout(20), follower(channel, broken=digest) as server:
        place = f"junior={server.address}"
        with pytest.raises(BadInput, match="promote them"):
            await asyncio.to_thread(step.STEP.call, run=str(run), role="junior", generators=place)
    pointer = channel.pointer()
    assert pointer
    assert (pointer.version, pointer.previous) == (3, digest)


async def test_one_of_several_replicas_that_refuses_is_enough(
    channel: Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = channel.put(model(tmp_path / "two"))
    async with (
        asyncio.timeout(20),
        follower(channel) as good,
        follower(channel, broken=digest) as bad,
    ):

        async def both(address: str) -> list[Replica]:
            return [Replica(good.address), Replica(bad.address)]

        monkeypatch.setattr(promotion, "replicas_of", both)
        pointer = channel.point_to(digest)
        with pytest.raises(BadInput, match=f"{bad.address} refuses"):
            await await_served("dns:///{role}:1", channel, pointer)
        back = channel.pointer()
        assert back
        assert back.digest != digest
        # one that was just about to follow the first pointer follows the second at its next look
        while {each.served.weights.digest for each in (good, bad)} != {back.digest}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await await_served("dns:///{role}:1", channel, back)


async def test_a_name_stands_for_all_its_addresses() -> None:
    found = await replicas_of("dns:///localhost:50051")
    assert Replica("127.0.0.1:50051", "localhost") in found
    assert await replicas_of("dns:///no-such-name.invalid:50051") == []
    assert await replicas_of("10.0.0.1:50051") == [Replica("10.0.0.1:50051")]


def test_a_store_that_goes_away_while_a_model_is_read_is_waited_for(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
    run = s3.folder(tmp_path.name)
    run.fs.put(f"{model(tmp_path / 'one')}/", f"{run.path}/models/junior/", recursive=True)
    back = threading.Timer(2, s3.start)

    def cut(work: Work, role: str) -> Path:
        s3.stop()
        back.start()
        return local_model(work, role)

    monkeypatch.setattr(step, "local_model", cut)
    step.STEP.call(run=str(run), role="junior", work=str(tmp_path / "work"))
    back.join()
    assert Channel(run / "weights", "junior").pointer() is not None


def test_keys_that_the_store_refuses_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="mend AWS_ACCESS_KEY_ID"), patient_store(UPath("s3://a/b")):
        raise PermissionError("Access Denied")
    with pytest.raises(PermissionError), patient_store(UPath(tmp_path)):
        raise PermissionError("not yours")
