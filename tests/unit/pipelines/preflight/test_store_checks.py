"""A run's folder is written to and read before anything relies on it, and is left as it was."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from upath import UPath

from pipelines.preflight.findings import Finding, Note, Problem
from pipelines.preflight.store_checks import store_keeps_what_is_written
from tests.unit.pipelines.preflight.conftest import Starting


class Careless(MemoryFileSystem):
    """A store that takes a file that is to be made only once as often as it is sent."""

    protocol = "careless"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **more: Any) -> None:
        super().pipe_file(path, value, mode="overwrite", **more)


@pytest.fixture
def careless() -> Iterator[UPath]:
    """A folder in such a store."""
    fsspec.register_implementation("careless", Careless, clobber=True)
    yield UPath("careless://bucket/run")
    Careless.store.clear()


def looked_at(starting: Starting, folder: UPath, **more: Any) -> list[Finding]:
    start = starting(more=more)
    run = replace(start.work.run, folder=folder)
    return list(store_keeps_what_is_written(replace(start, work=replace(start.work, run=run))))


def test_a_folder_of_any_kind_is_left_as_it_was(starting: Starting, folder: UPath) -> None:
    assert looked_at(starting, folder) == []
    assert not folder.exists() or not list(folder.iterdir())


def test_what_was_there_before_stays(starting: Starting, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    assert looked_at(starting, UPath(tmp_path)) == []
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_place_that_cannot_be_written_is_named(starting: Starting, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (found,) = looked_at(starting, UPath(tmp_path / "file/run"))
    assert isinstance(found, Problem) and f"run: {tmp_path}/file/run" in found.message


def test_the_channel_is_looked_at_too(starting: Starting, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (found,) = store_keeps_what_is_written(starting(channel=str(tmp_path / "file/channel")))
    assert isinstance(found, Problem) and f"channel: {tmp_path}/file/channel" in found.message


@pytest.mark.filterwarnings("ignore:UPath 'careless'")
def test_a_store_that_makes_a_new_file_twice_is_refused(
    starting: Starting, careless: UPath
) -> None:
    (found,) = looked_at(starting, careless)
    assert isinstance(found, Problem) and "If-None-Match" in found.message


def test_a_volume_of_the_cluster_is_a_note(starting: Starting, tmp_path: Path) -> None:
    (found,) = looked_at(starting, UPath(tmp_path / "run"), is_elsewhere=True)
    assert isinstance(found, Note)
    assert not list(tmp_path.iterdir())
