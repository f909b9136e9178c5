"""A folder is there as a whole or not at all."""

from pathlib import Path

import pytest

from pipelines.storage.atomic_writes import whole_folder
from pipelines.storage.digests import file_digests


def test_is_there_only_after_the_block(tmp_path: Path) -> None:
    out = tmp_path / "model"
    with whole_folder(out) as folder:
        (folder / "weights").write_text("1")
        assert not out.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert list(file_digests(out)) == ["weights"]


def test_broken_block_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "model"
    with whole_folder(out) as folder:
        (folder / "weights").write_text("old")
    with pytest.raises(FileNotFoundError), whole_folder(out) as folder:
        (folder / "missing" / "weights").write_text("half")
    assert (out / "weights").read_text() == "old"


def test_replaces_the_folder_and_what_a_killed_run_left(tmp_path: Path) -> None:
    out = tmp_path / "model"
    for folder in (out, tmp_path / ".model.partial"):
        folder.mkdir()
        (folder / "stale").touch()
    with whole_folder(out) as partial:
        (partial / "weights").touch()
    assert list(file_digests(out)) == ["weights"]


def test_others_may_read_the_files(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "model") as folder:
        (folder / "weights").touch(mode=0o600)
    assert (tmp_path / "model" / "weights").stat().st_mode & 0o777 == 0o644
