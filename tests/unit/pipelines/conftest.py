"""Stores of every kind that a run may lie in."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from upath import UPath

from tests.unit.s3_server import S3Server, s3_server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """An S3 server."""
    with s3_server() as server:
        yield server


@pytest.fixture(params=["file", "memory", "s3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> UPath:
    """An empty folder on a disk, in memory and in S3."""
    if request.param == "memory":
        memory = fsspec.filesystem("memory")
        memory.store.clear()
        memory.pseudo_dirs[:] = [""]
        return UPath("memory://journals/squares")
    if request.param == "s3":
        server: S3Server = request.getfixturevalue("s3")
        return server.folder(tmp_path.name)
    return UPath(tmp_path / "squares")


@pytest.fixture
def jumping_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock finds it a day later, a day earlier, or right."""
    real, jumps = time.time, itertools.cycle((86_400.0, -86_400.0, 0.0))
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
