"""A stage is one process's at a time; who dies or stalls is followed, who waits is told."""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError
from upath import UPath

from littlegiants.errors import Unavailable
from pipelines.run.sigterm import stoppable, stopped_when_lost
from pipelines.storage.claims import claimed
from pipelines.storage.leases import Lease
from pipelines.storage.store import Store

QUICK = {"beat_s": 0.05, "expiry_s": 1.0}


@pytest.fixture
def lease_folder(folder: UPath) -> UPath:
    """Where leases lie: also on a disk they work, though a lock is used there."""
    return folder / "claims"


def test_who_comes_second_waits_until_the_first_lets_go(folder: UPath) -> None:
    order = []

    def work(name: str) -> None:
        with claimed(folder, "stage"):
            order.append(f"{name} in")
            time.sleep(0.1)
            order.append(f"{name} out")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, "abc"))
    pairs = list(zip(order[::2], order[1::2], strict=True))
    assert all(entered[0] == left[0] for entered, left in pairs)
    assert len(order) == 6


def test_who_waits_too_long_is_told_to_start_again(
    folder: UPath, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        claimed(folder, "stage"),
        pytest.raises(Unavailable, match="at work on it; start the same command again later"),
        claimed(folder, "stage", wait_s=0.1),
    ):
        pass
    assert "waiting" in capsys.readouterr().out


def test_stages_do_not_wait_for_each_other(folder: UPath) -> None:
    with claimed(folder, "one"), claimed(folder, "other", wait_s=0):
        pass


def test_a_lease_is_free_after_an_exception(folder: UPath) -> None:
    with pytest.raises(KeyError), claimed(folder, "stage"):
        raise KeyError
    with claimed(folder, "stage", wait_s=0):
        pass


def test_of_many_that_ask_at_once_one_gets_it(lease_folder: UPath) -> None:
    leases = [Lease(Store(lease_folder)) for _ in range(8)]
    start = threading.Barrier(8)

    def ask(lease: Lease) -> bool:
        start.wait()
        return lease.try_take() == ""

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(ask, leases))
    for lease in leases:
        lease.release()
    assert taken.count(True) == 1


@pytest.mark.parametrize("clock", ["", "jumping_clock"])
def test_a_holder_that_lives_keeps_it_beyond_the_expiry(
    lease_folder: UPath, clock: str, request: pytest.FixtureRequest
) -> None:
    if clock:
        request.getfixturevalue(clock)
    holder, other = Lease(Store(lease_folder), **QUICK), Lease(Store(lease_folder), **QUICK)
    holder.take(wait_s=0)
    with pytest.raises(Unavailable):
        other.take(wait_s=2.0)
    holder.check()
    holder.release()


def test_a_holder_that_shows_no_life_is_followed_and_told(lease_folder: UPath) -> None:
    stalled = Lease(Store(lease_folder), beat_s=1.0, expiry_s=0.3)
    stalled.take(wait_s=0)
    follower = Lease(Store(lease_folder), **QUICK)
    follower.take(wait_s=5)
    time.sleep(1.2)
    with pytest.raises(Unavailable, match="could not show that it lives"):
        stalled.check()
    follower.check()
    stalled.release()
    follower.release()


@dataclass(slots=True)
class Refusing(Store):
    """A store that refuses writes for a while, as one does whose keys have run out."""

    refusal: BaseException | None = None

    def write(self, name: str, content: bytes) -> None:
        """Write, or refuse."""
        if self.refusal:
            raise self.refusal
        # a slotted dataclass is made anew, so super() has no class to go by
        Store.write(self, name, content)


REFUSALS = [PermissionError("keys"), NoCredentialsError(), OSError("odd"), Unavailable("away")]


@pytest.mark.parametrize("refusal", REFUSALS[:2], ids=lambda error: type(error).__name__)
def test_a_holder_whose_sign_of_life_is_refused_for_a_moment_keeps_its_stage(
    tmp_path: Path, refusal: BaseException
) -> None:
    store = Refusing(UPath(tmp_path))
    holder, other = Lease(store, **QUICK), Lease(Store(UPath(tmp_path)), **QUICK)
    holder.take(wait_s=0)
    store.refusal = refusal
    time.sleep(0.2)
    store.refusal = None
    with pytest.raises(Unavailable):
        other.take(wait_s=1.5)
    holder.check()
    holder.release()


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda error: type(error).__name__)
def test_a_holder_that_is_refused_too_long_gives_up_before_another_may_follow(
    tmp_path: Path, refusal: BaseException
) -> None:
    store, told = Refusing(UPath(tmp_path)), threading.Event()
    holder, other = Lease(store, **QUICK), Lease(Store(UPath(tmp_path)), **QUICK)
    holder.on_loss = told.set
    holder.take(wait_s=0)
    store.refusal = refusal
    other.take(wait_s=10)
    with pytest.raises(Unavailable, match="start the same command again later"):
        holder.check()
    assert told.wait(5)
    store.refusal = None
    time.sleep(0.2)
    with pytest.raises(Unavailable, match="start the same command again later"):
        holder.check()
    other.check()
    holder.release()
    other.release()


async def wait_long() -> None:
    """What a stage does that asks a teacher."""
    await asyncio.sleep(30)


@pytest.mark.parametrize(
    "body",
    [lambda: time.sleep(30), lambda: asyncio.run(stoppable(wait_long()))],
    ids=["training", "asking"],
)
def test_what_is_done_under_a_lease_stops_when_it_is_lost(
    tmp_path: Path, body: Callable[[], None]
) -> None:
    store = Refusing(UPath(tmp_path), refusal=PermissionError("keys"))
    lease = Lease(store, **QUICK)
    lease.take(wait_s=0)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="could not show"), stopped_when_lost(lease):
        body()
    assert time.monotonic() - began < 10


def test_a_holder_that_died_on_this_machine_is_followed_at_once(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        Lease(Store(UPath(tmp_path))).take(wait_s=0)
        os._exit(0)
    os.waitpid(child, 0)
    began = time.monotonic()
    lease = Lease(Store(UPath(tmp_path)))
    lease.take(wait_s=60)
    lease.release()
    assert time.monotonic() - began < 5
