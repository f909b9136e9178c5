"""A step has a home that it can write, whoever the cluster lets it run as."""

import os
from pathlib import Path

import pytest

from pipelines.run.home import ensure_home


@pytest.mark.parametrize(
    ("home", "found"),
    [("there", "there"), ("file", "tmp"), ("missing", "tmp")],
    ids=["a folder", "a file", "nothing"],
)
def test_a_home_that_cannot_be_written_is_replaced(
    home: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / home))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    ensure_home()
    assert os.environ["HOME"] == str(tmp_path / found)


def test_a_cache_that_is_mounted_into_such_a_home_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home/.cache").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr("os.access", lambda path, mode: False)
    ensure_home()
    assert os.environ["HOME"] == str(tmp_path / "home")
