"""Many runs promote into one channel: none is lost, each finds its own, any is rolled back to."""

import asyncio
import multiprocessing
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.errors import BadInput, Unavailable
from littlegiants.weights_pointer import Pointer, PromotedBy
from pipelines.cli.step_flags import GeneratorsSettings
from pipelines.generators.commands import channel_folder, listing, roll_back
from pipelines.generators.endpoint import generator_of
from pipelines.generators.promotion import current_digest
from pipelines.generators.weights_channel import Channel
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.steps import promote as step
from pipelines.steps.promote import STEP
from services.generator.weights.source import follow
from tests.unit.s3_server import S3Server
from tests.unit.scripted_server import scripted_server
from tests.unit.text_tensors import save_text

RUNS = ("first", "second")
FORK = multiprocessing.get_context("fork")


def of_run(folder: UPath, run: str) -> Channel:
    """The junior's weights in a channel, as a run makes versions of them."""
    return Channel(folder, "junior", PromotedBy(run=run, recipe="0" * 16, stage="promote-junior"))


def model(folder: Path, text: str = "") -> Path:
    """A model whose tensor says `text`, or else its folder's name."""
    folder.mkdir(parents=True, exist_ok=True)
    save_text(folder / "model.safetensors", text or folder.name)
    return folder


def promoted_at_once(place: Callable[[], UPath], models: Path) -> Channel:
    """The channel into which two processes have promoted at the same moment."""
    start = FORK.Barrier(len(RUNS))

    def promote(run: str) -> None:
        folder, source = place(), model(models / run)
        start.wait()
        of_run(folder, run).promote(source)

    processes = [FORK.Process(target=promote, args=(run,)) for run in RUNS]
    for each in processes:
        each.start()
    for each in processes:
        each.join()
    assert [each.exitcode for each in processes] == [0, 0]
    return Channel(place(), "junior")


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_of_two_that_promote_at_once_nothing_is_lost(
    kind: str, s3: S3Server, tmp_path: Path
) -> None:
    here = UPath(tmp_path / "channel")
    places = {"folder": lambda: here, "s3": lambda: s3.folder(f"{tmp_path.name}/channel")}
    channel = promoted_at_once(places[kind], tmp_path / "models")
    versions = channel.versions()
    assert [each.version for each in versions] == [1, 2]
    assert {each.by.run for each in versions if each.by} == set(RUNS)
    assert [channel.missing(each.digest) for each in versions] == ["", ""]
    assert versions[1].previous == versions[0].digest
    assert channel.pointer() in versions


@pytest.fixture(params=["folder", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> UPath:
    """A channel, here or elsewhere."""
    is_here = request.param == "folder"
    return UPath(tmp_path / "channel") if is_here else UPath(f"memory://{tmp_path.name}/channel")


def test_a_run_that_resumes_finds_its_own_version_and_makes_no_other(
    folder: UPath, tmp_path: Path
) -> None:
    first, second = (of_run(folder, run) for run in RUNS)
    mine = first.promote(model(tmp_path / "one"))
    others = second.promote(model(tmp_path / "two"))
    assert first.promote(tmp_path / "one") == mine
    assert (second.pointer(), len(second.versions())) == (others, 2)
    assert first.promote(model(tmp_path / "three")).version == 3
    assert first.promote(tmp_path / "one").version == 4, "a run may go back to what it had"


def test_a_version_says_who_made_it_and_any_run_is_rolled_back_to(
    folder: UPath, tmp_path: Path
) -> None:
    digests = [of_run(folder, run).promote(model(tmp_path / run)).digest for run in RUNS]
    list(roll_back(folder, "junior", to=digests[0], generators="local"))
    made = [line.rpartition("Z  ")[2] for line in listing(folder)][1:]
    assert made == ["promote-junior of first", "promote-junior of second", "by hand"]
    present = Channel(folder, "junior").pointer()
    assert present is not None and present.digest == digests[0]


def promote(tmp_path: Path, run: str, *, to: str = "channel", text: str = "", **flags: str) -> Run:
    """A run whose junior was promoted into a channel, or its own, by the step itself."""
    model(tmp_path / run / "models" / "junior", text or run)
    channel = str(tmp_path / to) if to else ""
    STEP.call(run=str(tmp_path / run), role="junior", channel=channel, **flags)
    return Run(UPath(tmp_path / run), load_recipe("laptop"))


def versions(folder: Path) -> list[str]:
    """The runs that made the versions in a channel, the oldest first."""
    found = Channel(UPath(folder), "junior").versions()
    return [each.by.run.rpartition("/")[2] for each in found if each.by]


def test_a_run_goes_on_with_what_it_promoted_whatever_is_live(tmp_path: Path) -> None:
    first = promote(tmp_path, "first")
    second = promote(tmp_path, "second")
    live = Channel(UPath(tmp_path / "channel"), "junior").pointer()
    assert live is not None
    assert current_digest(second, "junior") == live.digest != current_digest(first, "junior")
    found = follow(str(first.folder / "weights"), "junior", cache=tmp_path / "cache")
    assert found.digest == current_digest(first, "junior")
    assert channel_folder(str(first.folder), "") == UPath(tmp_path / "channel")
    assert not (first.folder / "weights/junior" / found.digest).exists()


def test_a_run_whose_version_was_replaced_is_told_by_whom_and_does_not_wait(
    tmp_path: Path,
) -> None:
    digest = current_digest(promote(tmp_path, "first"), "junior")
    promote(tmp_path, "second")
    told = rf"replaced by version 2 .*second\).* rollback --channel .* --to {digest}"
    with pytest.raises(BadInput, match=told):
        promote(tmp_path, "first", generators="junior=127.0.0.1:1")
    assert versions(tmp_path / "channel") == ["first", "second"]


@pytest.mark.parametrize(
    "places",
    [("", "a"), ("a", ""), ("a", "b"), ("a", "b", "a"), ("", "a", "")],
    ids=lambda each: ",".join(place or "own" for place in each),
)
def test_a_promotion_is_done_for_the_channel_that_it_went_to(
    places: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in places:
        run = promote(tmp_path, "run", to=place)
        folder = tmp_path / place if place else tmp_path / "run/weights"
        live = Channel(UPath(folder), "junior").pointer()
        assert live and live.digest == current_digest(run, "junior")
        assert not Channel(UPath(folder), "junior").missing(live.digest)
        found = follow(str(run.folder / "weights"), "junior", cache=tmp_path / "cache")
        assert found.digest == live.digest
        assert channel_folder(str(run.folder), "") == UPath(folder)
        assert "done before" not in capsys.readouterr().out
        promote(tmp_path, "run", to=place)
        assert "done before" in capsys.readouterr().out
        assert versions(folder) == ["run"]


@pytest.mark.parametrize("part", ["junior/current.json", "junior/versions", "junior/{digest}", ""])
def test_what_a_channel_has_lost_is_put_there_again(part: str, tmp_path: Path) -> None:
    run, channel = promote(tmp_path, "run"), Channel(UPath(tmp_path / "channel"), "junior")
    digest = current_digest(run, "junior")
    lost = tmp_path / "channel" / part.format(digest=digest)
    shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    promote(tmp_path, "run")
    live = channel.pointer()
    assert live and (live.digest, live.version, channel.missing(digest)) == (digest, 1, "")


def test_a_run_with_nothing_new_does_not_undo_a_later_promotion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for run in ("first", "second", "first"):
        promote(tmp_path, run)
    assert versions(tmp_path / "channel") == ["first", "second"]
    assert capsys.readouterr().out.endswith("[promote-junior] done before\n")


def test_the_same_weights_of_two_runs_are_one_version_and_stay_done(tmp_path: Path) -> None:
    for run in RUNS:
        promote(tmp_path, run, text="the same")
    assert versions(tmp_path / "channel") == ["first"]
    promote(tmp_path, "third")
    promote(tmp_path, "second", text="the same")
    assert versions(tmp_path / "channel") == ["first", "third"]


def test_weights_that_replace_others_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for run in RUNS:
        promote(tmp_path, run)
    assert re.search(r"version 2, in place of 1 \(promote.* of .*/first\)", capsys.readouterr().out)


def test_other_generators_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    promote(tmp_path, "run")
    asked: list[str] = []

    async def served(generators: str, weights: Channel, pointer: Pointer) -> None:
        asked.append(generators)

    monkeypatch.setattr(step, "await_served", served)
    for _ in range(2):
        promote(tmp_path, "run", generators="junior=127.0.0.1:1")
    assert asked == ["junior=127.0.0.1:1"]
    assert versions(tmp_path / "channel") == ["run"]


async def ask_one_that_follows(folder: Path, run: Run) -> None:
    """Ask a generator that follows this channel, as the run's next stage does."""
    async with scripted_server(model=None, weights=str(folder)) as server:
        await server.served.reload()
        settings = GeneratorsSettings(generators=f"junior={server.address}")
        async with generator_of(Work("propose", run, settings), "junior"):
            pass


def test_a_stage_says_who_replaced_the_weights_that_it_wants(tmp_path: Path) -> None:
    first, _ = (promote(tmp_path, run) for run in RUNS)
    with pytest.raises(BadInput, match=r"replaced by version 2 .*second.*rollback --channel"):
        asyncio.run(ask_one_that_follows(tmp_path / "channel", first))


def test_a_stage_says_that_generators_follow_another_channel(tmp_path: Path) -> None:
    promote(tmp_path, "other", to="theirs")
    run = promote(tmp_path, "run")
    with pytest.raises(Unavailable, match=r"live in .*/channel.*promote with --channel of"):
        asyncio.run(ask_one_that_follows(tmp_path / "theirs", run))
    promote(tmp_path, "run", to="theirs")
    asyncio.run(ask_one_that_follows(tmp_path / "theirs", run))
