"""A stage is one process's at a time; who dies or stalls is followed, who waits is told."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.errors import Unavailable
from pipelines.claims import Lease, claimed

QUICK = {"beat_s": 0.05, "expiry_s": 0.5}


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
    leases = [Lease(lease_folder) for _ in range(8)]
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
    holder, other = Lease(lease_folder, **QUICK), Lease(lease_folder, **QUICK)
    holder.take(wait_s=0)
    with pytest.raises(Unavailable):
        other.take(wait_s=1.5)
    holder.check()
    holder.release()


def test_a_holder_that_shows_no_life_is_followed_and_told(lease_folder: UPath) -> None:
    stalled = Lease(lease_folder, beat_s=1.0, expiry_s=0.3)
    stalled.take(wait_s=0)
    follower = Lease(lease_folder, **QUICK)
    follower.take(wait_s=5)
    time.sleep(1.2)
    with pytest.raises(Unavailable, match="took over"):
        stalled.check()
    follower.check()
    stalled.release()
    follower.release()


def test_a_holder_that_died_on_this_machine_is_followed_at_once(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        Lease(UPath(tmp_path)).take(wait_s=0)
        os._exit(0)
    os.waitpid(child, 0)
    began = time.monotonic()
    lease = Lease(UPath(tmp_path))
    lease.take(wait_s=60)
    lease.release()
    assert time.monotonic() - began < 5
