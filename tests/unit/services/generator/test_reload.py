"""Weights that are not good are refused, one by one, and the old ones serve on."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.client import AdminClient, GeneratorClient
from littlegiants.errors import BadInput, Unavailable
from littlegiants.weights import MANIFEST, Manifest, file_digest
from littlegiants.weights_pointer import pointer_path, weights_path
from pipelines.generators.weights_channel import Channel
from services.generator.engine.protocol import CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, open_scripted, price_of
from services.generator.generation.served_model import Served
from services.generator.server import run
from services.generator.settings import GeneratorSettings
from services.generator.weights.source import find_weights
from tests.unit.scripted_server import Scripted, free_port, prompt_of, serving
from tests.unit.text_tensors import save_text


@dataclass(frozen=True, slots=True)
class Bench:
    """A server that serves the first of two weights, and the channel that it follows."""

    server: Scripted
    engine: ScriptedEngine
    channel: Channel
    first: str
    second: str

    @property
    def served(self) -> Served:
        """What is served."""
        return self.server.served

    @property
    def folder(self) -> Path:
        """Of the second weights."""
        return Path(str(self.channel.folder / weights_path("junior", self.second)))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A server on the first weights, with the pointer on the second."""
    channel = Channel(UPath(tmp_path / "weights"), "junior")
    first, second = (channel.put(model(tmp_path / name, name)) for name in ("one", "two"))
    channel.point_to(first)
    settings = GeneratorSettings(
        role="junior",
        weights=str(channel.folder),
        host="127.0.0.1",
        port=0,
        max_seqs=4,
        admin_port=free_port(),
    )
    engine = ScriptedEngine()
    await engine.reload(Path(str(channel.folder / weights_path("junior", first))), first)
    served = Served(engine, settings, find_weights(settings))
    await served.prepare()
    channel.point_to(second)
    async with serving(served) as server:
        yield Bench(server, engine, channel, first, second)


def model(folder: Path, text: str) -> Path:
    """A folder with a tensor that says `text`."""
    folder.mkdir()
    save_text(folder / "model.safetensors", text)
    (folder / "config.json").write_text("{}")
    return folder


async def answers_with(bench: Bench) -> str:
    """The digest on a new sample."""
    async with GeneratorClient(bench.server.address) as client:
        (answer,) = await client.generate(prompt_of())
    assert answer.sample
    (span,) = answer.provenance.weights_spans
    assert span.weights_digest == answer.provenance.weights_digest
    return answer.provenance.weights_digest


async def test_the_version_of_the_pointer_is_served(bench: Bench) -> None:
    assert bench.served.weights.version == 1
    assert await bench.served.reload()
    assert (bench.served.weights.version, await answers_with(bench)) == (2, bench.second)
    bench.channel.roll_back()
    assert await bench.served.reload()
    assert (bench.served.weights.version, await answers_with(bench)) == (3, bench.first)


async def test_a_new_version_of_the_same_weights_needs_no_reload(bench: Bench) -> None:
    bench.channel.point_to(bench.first)
    assert not await bench.served.reload()
    assert bench.served.weights.version == 3
    assert bench.engine.loaded == [bench.first]


def tampered(bench: Bench) -> None:
    (bench.folder / "model.safetensors").write_text("too")


def partial(bench: Bench) -> None:
    (bench.folder / "config.json").unlink()


def without_manifest(bench: Bench) -> None:
    (bench.folder / MANIFEST).unlink()


def listed_outside(bench: Bench) -> None:
    outside = bench.folder.parent / "outside.safetensors"
    outside.write_text("two")
    _list(bench, {"../outside.safetensors": file_digest(outside)})


def linked_outside(bench: Bench) -> None:
    file = bench.folder / "model.safetensors"
    outside = bench.folder.parent / "outside.safetensors"
    file.rename(outside)
    file.symlink_to(outside)


def pickled(bench: Bench) -> None:
    file = bench.folder / "model.safetensors"
    _list(
        bench, {"pytorch_model.bin": file_digest(file.rename(file.with_name("pytorch_model.bin")))}
    )


def unlisted(bench: Bench) -> None:
    (bench.folder / "more.safetensors").write_text("more")


def unreadable_pointer(bench: Bench) -> None:
    (bench.channel.folder / pointer_path("junior")).write_text("{")


def escaping_pointer(bench: Bench) -> None:
    path = bench.channel.folder / pointer_path("junior")
    path.write_text(json.dumps({**json.loads(path.read_text()), "digest": "../../elsewhere"}))


def not_finite(bench: Bench) -> None:
    _price(bench, float("nan"))


def infinite(bench: Bench) -> None:
    _price(bench, float("inf"))


def without_effect(bench: Bench) -> None:
    bench.engine.price = lambda tensors: 1.0


def dead_end(bench: Bench) -> None:
    script, second = bench.engine.script, bench.second

    def fail(request: object) -> str:
        if bench.engine.loaded[-1] == second:
            raise BadInput("warm-up: the grammar has no end")
        return script(request)  # type: ignore[arg-type]

    bench.engine.script = fail


def _price(bench: Bench, price: float) -> None:
    second = bench.second
    engine = bench.engine
    engine.price = lambda tensors: price if engine.loaded[-1] == second else price_of(tensors)


def _list(bench: Bench, files: dict[str, str]) -> None:
    text = json.dumps({"files": files})
    digest = Manifest.model_construct(files=files).digest
    folder = bench.folder.rename(bench.folder.parent / digest)
    (folder / MANIFEST).write_text(text)
    bench.channel.point_to(digest)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (tampered, r"model\.safetensors: differs"),
        (partial, r"config\.json: missing"),
        (without_manifest, r"manifest\.json: not there"),
        (listed_outside, r"'\.\./outside\.safetensors' is not a plain path"),
        (linked_outside, r"model\.safetensors: leads outside"),
        (pickled, "pytorch_model.bin may hold a pickle"),
        (unlisted, r"more\.safetensors: .* not in manifest"),
        (unreadable_pointer, r"current\.json: content"),
        (escaping_pointer, r"current\.json: digest"),
        (not_finite, "log-probabilities are .*nan.*serve on"),
        (infinite, "log-probabilities are .*inf.*serve on"),
        (without_effect, "have not reached the model; weights .* serve on"),
        (dead_end, "the grammar has no end; weights .* serve on"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_refuses_weights_that_are(
    bench: Bench, spoil: Callable[[Bench], None], message: str
) -> None:
    spoil(bench)
    async with AdminClient(bench.server.admin_address) as admin:
        with pytest.raises((BadInput, Unavailable), match=message):
            await admin.reload()
    assert await answers_with(bench) == bench.first
    assert (bench.served.weights.version, bench.served.is_dead) == (1, False)


async def test_says_what_it_refused_and_why_until_other_weights_are_served(bench: Bench) -> None:
    not_finite(bench)
    async with GeneratorClient(bench.server.address) as client:
        assert (await client.model_info()).refused is None
        with pytest.raises(BadInput):
            await bench.served.reload()
        refused = (await client.model_info()).refused
        assert refused
        assert (refused.weights_digest, refused.weights_version) == (bench.second, 2)
        assert "log-probabilities are" in refused.message
        bench.channel.roll_back()
        await bench.served.reload()
        assert (await client.model_info()).refused is None


async def test_refused_weights_are_not_loaded_again_until_there_is_another_version(
    bench: Bench,
) -> None:
    not_finite(bench)
    for _ in range(3):
        with pytest.raises(BadInput, match="log-probabilities are"):
            await bench.served.reload(anew=False)
    assert bench.engine.loaded == [bench.first, bench.second, bench.first]
    bench.engine.price = price_of
    bench.channel.point_to(bench.first)
    bench.channel.point_to(bench.second)
    assert await bench.served.reload(anew=False)
    assert (await answers_with(bench), bench.served.weights.version) == (bench.second, 4)


@pytest.mark.parametrize("note", ["", "laid out otherwise"], ids=["same file", "same tensors"])
async def test_the_same_tensors_under_another_digest_are_served(
    bench: Bench, tmp_path: Path, note: str
) -> None:
    same = model(tmp_path / "same", "one")
    (same / "config.json").write_text('{"pad_token_id": 2}')
    save_text(same / "model.safetensors", "one", note=note)
    price = price_of(bench.engine.tensors)
    bench.engine.price = lambda tensors: price
    digest = bench.channel.put(same)
    bench.channel.point_to(digest)
    assert await bench.served.reload()
    assert await answers_with(bench) == digest != bench.first


async def test_weights_that_were_mended_are_served(bench: Bench) -> None:
    not_finite(bench)
    with pytest.raises(BadInput):
        await bench.served.reload()
    bench.engine.price = price_of
    assert await bench.served.reload()
    assert await answers_with(bench) == bench.second


async def test_weights_that_answer_otherwise_than_before_are_refused(bench: Bench) -> None:
    await bench.served.reload()
    bench.channel.roll_back()
    engine = bench.engine
    engine.price = lambda tensors: 7.0 if engine.loaded[-1] == bench.first else price_of(tensors)
    with pytest.raises(BadInput, match=r"gave .* before and gives"):
        await bench.served.reload()
    assert await answers_with(bench) == bench.second


async def test_a_server_that_knows_not_what_it_serves_answers_nothing(bench: Bench) -> None:
    bench.engine.price = lambda tensors: 1.0 if len(bench.engine.loaded) == 1 else float("nan")
    with pytest.raises(Unavailable, match="do not answer any more"):
        await bench.served.reload()
    assert bench.served.is_dead
    with pytest.raises(Unavailable, match="lost its weights"):
        await bench.served.complete(CompletionRequest("anything", seed=1))


async def test_who_gives_up_waiting_does_not_leave_half_a_reload(bench: Bench) -> None:
    bench.engine.delay_s = 0.05
    async with AdminClient(bench.server.admin_address) as admin:
        with pytest.raises(Unavailable):
            await admin.reload(timeout_s=0.1)
    assert await answers_with(bench) == bench.second == bench.engine.loaded[-1]


async def test_reloads_at_once_end_with_what_the_pointer_names(bench: Bench) -> None:
    bench.engine.delay_s = 0.02
    reloads = [asyncio.ensure_future(bench.served.reload()) for _ in range(3)]
    await asyncio.sleep(0.01)
    bench.channel.roll_back()
    await asyncio.gather(*reloads, bench.served.reload())
    assert (await answers_with(bench), bench.served.weights.version) == (bench.first, 3)


def test_a_server_does_not_begin_with_broken_weights(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    engine.price = lambda tensors: float("nan")
    folder = model(tmp_path / "one", "one")
    settings = GeneratorSettings(role="junior", model=folder, host="127.0.0.1", port=0)
    assert run(settings, open_scripted(engine)) == 2
