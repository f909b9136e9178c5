"""A run lies in SeaweedFS as in any other store: who comes second is told so, and waits."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from upath import UPath

from pipelines.generators.weights_channel import Channel
from pipelines.storage.claims import claimed
from pipelines.storage.promises import broken_promise, require_promises
from pipelines.storage.store import Store
from pipelines.studies.points import KeptPoints, Point
from tests.unit.weed_server import WeedServer, weed_server

MANY = 4


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeedServer]:
    """A SeaweedFS server."""
    with weed_server(tmp_path_factory.mktemp("weed")) as server:
        yield server


def folders(weed: WeedServer, name: str) -> list[UPath]:
    """One folder as several processes see it, each with a listing cache of its own."""
    return [weed.folder(name, skip_instance_cache=True) for _ in range(MANY)]


def test_it_keeps_what_a_run_relies_on(weed: WeedServer) -> None:
    require_promises(weed.folder("run"))
    assert broken_promise(Store(weed.folder("run"), limit_s=5)) == ""


def test_of_many_one_creates_a_file_and_the_others_are_told_at_once(weed: WeedServer) -> None:
    stores = [Store(folder, limit_s=0) for folder in folders(weed, "created")]
    together = threading.Barrier(MANY)

    def create(store: Store) -> bool:
        store.sizes("")
        together.wait()
        return store.create("one", repr(id(store)).encode())

    with ThreadPoolExecutor(MANY) as pool:
        assert sorted(pool.map(create, stores)) == [False, False, False, True]


def test_many_that_claim_a_stage_have_it_one_after_another(weed: WeedServer) -> None:
    inside, most, seen = 0, 0, 0

    def work(folder: UPath) -> None:
        nonlocal inside, most, seen
        with claimed(folder, "stage", wait_s=60):
            inside += 1
            most, seen = max(most, inside), seen + 1
            inside -= 1

    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(work, folders(weed, "staged")))
    assert (most, seen) == (1, MANY)


def test_of_a_studys_points_each_is_measured_by_one(weed: WeedServer) -> None:
    measured: list[int] = []

    def point(number: int) -> Point:
        def measure() -> int:
            time.sleep(0.3)
            measured.append(number)
            return number * number

        return Point(f"{number:040}", f"point {number}", measure)

    def studied(folder: UPath) -> dict[str, list[int]]:
        return KeptPoints(folder, "trial").of_all({"all": [point(each) for each in range(6)]})

    with ThreadPoolExecutor(MANY) as pool:
        found = list(pool.map(studied, folders(weed, "studied")))
    assert found == MANY * [{"all": [0, 1, 4, 9, 16, 25]}]
    assert sorted(measured) == list(range(6))


def test_promotions_of_the_same_moment_get_versions_of_their_own(weed: WeedServer) -> None:
    channels = [Channel(folder, "senior") for folder in folders(weed, "weights")]
    with ThreadPoolExecutor(MANY) as pool:
        digests = [f"{number:032x}" for number in range(MANY)]
        pointers = list(pool.map(lambda channel, to: channel.point_to(to), channels, digests))
    assert sorted(pointer.version for pointer in pointers) == [1, 2, 3, 4]
    present = channels[0].pointer()
    assert present is not None and present.version == MANY
