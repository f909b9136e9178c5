"""A file is seen when all of it is there; what fails on the way leaves the old one."""

from pathlib import Path

import pytest
from upath import UPath

from littlegiants.errors import Unavailable
from pipelines.storage.atomic_writes import whole_file
from tests.unit.file_limit import file_limit


def write(path: UPath, *parts: bytes) -> None:
    """Write parts one after another."""
    with whole_file(path) as stream:
        for part in parts:
            stream.write(part)


def test_readers_see_a_file_when_it_is_complete(folder: UPath) -> None:
    path = folder / "data" / "rows.jsonl"
    with whole_file(path) as stream:
        stream.write(b"one\n")
        stream.flush()
        assert not path.exists()
    assert path.read_bytes() == b"one\n"


def test_a_file_url_is_a_place_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(UPath(f"file://{tmp_path}/data/rows.jsonl"), b"one\n")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert (tmp_path / "data/rows.jsonl").read_bytes() == b"one\n"


def test_an_exception_leaves_what_was_there(folder: UPath) -> None:
    path = folder / "rows.jsonl"
    write(path, b"old")

    def fail() -> None:
        with whole_file(path) as stream:
            stream.write(b"new")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert path.read_bytes() == b"old"
    assert [each.name for each in folder.glob("*rows*")] == ["rows.jsonl"]


def test_a_full_disk_is_told_with_a_remedy_and_leaves_what_was_there(tmp_path: Path) -> None:
    path = UPath(tmp_path / "rows.jsonl")
    write(path, b"old")
    with file_limit(1000), pytest.raises(Unavailable, match="free some space"):
        write(path, *[b"x" * 100] * 1000)
    assert path.read_bytes() == b"old"
