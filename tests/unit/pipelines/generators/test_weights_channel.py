"""The weights channel is written, pointed to and pointed back, here and on an object store."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest
from pydantic_settings import CliApp
from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.weights_pointer import Pointer
from pipelines.__main__ import Pipelines
from pipelines.generators import promotion
from pipelines.generators.commands import listing, pruned, roll_back
from pipelines.generators.weights_channel import Channel
from services.generator.weights.source import follow
from tests.unit.scripted_server import scripted_server


@pytest.fixture(params=["folder", "memory"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A run with nothing in it, here or elsewhere."""
    yield str(tmp_path / "run") if request.param == "folder" else "memory://run"
    memory = fsspec.filesystem("memory")
    if memory.exists("/run"):
        memory.rm("/run", recursive=True)


@pytest.fixture
def folder(run: str) -> UPath:
    """The run's own channel."""
    return UPath(run) / "weights"


@pytest.fixture
def channel(folder: UPath) -> Channel:
    """The senior's weights in it."""
    return Channel(folder, "senior")


def model(tmp_path: Path, name: str) -> Path:
    """A model whose tensors are its name."""
    folder = tmp_path / name
    (folder / "more").mkdir(parents=True)
    (folder / "model.safetensors").write_text(name)
    (folder / "more" / "config.json").write_text("{}")
    return folder


def test_versions_rise_with_each_change_and_only_then(channel: Channel, tmp_path: Path) -> None:
    one, two = (channel.put(model(tmp_path, name)) for name in ("one", "two"))
    pointers = [channel.point_to(digest) for digest in (one, two, two, one)]
    assert [pointer.version for pointer in pointers] == [1, 2, 2, 3]
    assert [pointer.previous for pointer in pointers] == [None, one, one, two]
    assert channel.pointer() == pointers[-1]
    assert channel.versions() == [pointers[0], pointers[1], pointers[3]]


def test_a_version_is_one_callers_however_many_point_at_once(tmp_path: Path) -> None:
    # not in memory: that file system does not create a name for one of two callers alone
    channel = Channel(UPath(tmp_path / "run" / "weights"), "senior")
    digests = [f"{number:032x}" for number in range(8)]
    start = threading.Barrier(len(digests))

    def point(digest: str) -> Pointer:
        start.wait()
        return channel.point_to(digest)

    with ThreadPoolExecutor(len(digests)) as pool:
        pointers = list(pool.map(point, digests))
    assert sorted(pointer.version for pointer in pointers) == list(range(1, 9))
    ordered = sorted(pointers, key=lambda pointer: pointer.version)
    assert channel.versions() == ordered
    assert channel.pointer() == ordered[-1]
    assert [each.previous for each in ordered[1:]] == [each.digest for each in ordered[:-1]]


def test_who_was_killed_before_it_pointed_is_followed(channel: Channel, tmp_path: Path) -> None:
    one, two = (channel.put(model(tmp_path, name)) for name in ("one", "two"))
    first = channel.point_to(one)
    claimed = channel.point_to(two)
    current = channel.folder / "senior" / "current.json"
    current.write_text(first.model_dump_json())
    assert channel.point_to(two) == claimed
    assert channel.pointer() == claimed
    current.write_text(first.model_dump_json())
    assert channel.point_to(one).version == 3


def test_what_another_pointed_to_meanwhile_is_not_put_back(
    channel: Channel, tmp_path: Path
) -> None:
    one, two, three = (channel.put(model(tmp_path, name)) for name in ("one", "two", "three"))
    channel.point_to(one)
    mine = channel.point_to(two)
    others = channel.point_to(three)
    assert channel.point_to(one, instead_of=mine) == others == channel.pointer()
    assert channel.point_to(one, instead_of=others).version == 4


def test_a_server_finds_what_was_promoted(channel: Channel, tmp_path: Path) -> None:
    digest = channel.put(model(tmp_path, "one"))
    channel.point_to(digest)
    found = follow(str(channel.folder), "senior", cache=tmp_path / "cache")
    assert (found.digest, found.version) == (digest, 1)
    assert (found.folder / "model.safetensors").read_text() == "one"
    assert not list(found.folder.rglob("*.part"))


def test_a_rollback_is_a_new_version_of_the_weights_before(
    channel: Channel, folder: UPath, tmp_path: Path
) -> None:
    one, two = (channel.put(model(tmp_path, name)) for name in ("one", "two"))
    channel.point_to(one)
    channel.point_to(two)
    told = list(roll_back(folder, "senior", to="", generators="local"))
    assert [line.split()[-3:] for line in told] == [
        [f"{two},", "version", "2"],
        [f"{one},", "version", "3"],
    ]
    assert "already" in next(roll_back(folder, "senior", to=one, generators="local"))
    lines = list(listing(folder))
    assert [line.split()[:3] for line in lines[-2:]] == [["senior", "2", two], ["*", "senior", "3"]]


def test_the_weights_of_the_last_versions_are_kept(
    channel: Channel, folder: UPath, tmp_path: Path
) -> None:
    names = ("one", "two", "three", "four")
    digests = [channel.put(model(tmp_path, name)) for name in names]
    for digest in (*digests, digests[0]):
        channel.point_to(digest)
    told = list(pruned(folder, keep=2))
    assert sorted(told) == sorted(f"senior: removed {digest}" for digest in digests[1:3])
    assert [bool(channel.missing(digest)) for digest in digests] == [False, True, True, False]
    assert not list(pruned(folder, keep=2))
    assert channel.roll_back().digest == digests[3]


def test_the_cache_of_a_server_keeps_what_it_serves_and_what_comes(tmp_path: Path) -> None:
    channel = Channel(UPath("memory://cached/weights"), "senior")
    cache = tmp_path / "cache"
    names = ("one", "two", "three", "four")
    digests = [channel.put(model(tmp_path, name)) for name in names]
    for digest in digests:
        channel.point_to(digest)
        follow(str(channel.folder), "senior", cache=cache)
    assert {path.name for path in (cache / "senior").iterdir()} == set(digests[2:])


@pytest.mark.parametrize(
    ("to", "message"),
    [("", r"model\.safetensors of weights"), ("0" * 32, "manifest.json of weights 000")],
)
def test_weights_that_are_gone_are_not_rolled_back_to(
    channel: Channel, tmp_path: Path, to: str, message: str
) -> None:
    one, two = (channel.put(model(tmp_path, name)) for name in ("one", "two"))
    channel.point_to(one)
    present = channel.point_to(two)
    (channel.folder / "senior" / one / "model.safetensors").unlink()
    with pytest.raises(BadInput, match=message):
        channel.roll_back(to)
    assert channel.pointer() == present


def test_there_is_nothing_before_the_first_weights(channel: Channel, tmp_path: Path) -> None:
    channel.point_to(channel.put(model(tmp_path, "one")))
    with pytest.raises(BadInput, match="no weights before"):
        channel.roll_back()


def test_a_run_without_weights_says_what_to_do(folder: UPath) -> None:
    with pytest.raises(BadInput, match="promote"):
        list(listing(folder))
    with pytest.raises(BadInput, match="no weights of junior"):
        list(roll_back(folder, "junior", to="", generators="local"))


def test_the_command_line_rolls_back(
    channel: Channel, run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        channel.point_to(channel.put(model(tmp_path, name)))
    CliApp.run(Pipelines, cli_args=["rollback", "--run", run, "--role", "senior"])
    CliApp.run(Pipelines, cli_args=["weights", "--run", run])
    assert "version 3" in capsys.readouterr().out


async def test_a_rollback_ends_when_the_generator_serves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotion, "ASK_INTERVAL_S", 0.05)
    channel = Channel(UPath(tmp_path / "run") / "weights", "junior")
    one, two = (channel.put(model(tmp_path, name)) for name in ("one", "two"))
    channel.point_to(one)
    channel.point_to(two)
    async with scripted_server(model=None, weights=str(channel.folder)) as server:
        await server.served.reload()
        told = asyncio.ensure_future(
            asyncio.to_thread(_rolled_back, tmp_path / "run", f"junior={server.address}")
        )
        await asyncio.sleep(0.5)
        assert not told.done()
        await server.served.reload()
        assert (await told)[-1] == f"junior: {one} is served"


def _rolled_back(run: Path, generators: str) -> list[str]:
    return list(roll_back(UPath(run) / "weights", "junior", to="", generators=generators))
