"""Equal digests mean equal contents, on a disk and in an object store."""

from collections.abc import Callable
from pathlib import Path

import pytest
from upath import UPath

from pipelines.storage.digests import ABSENT, content_digest, input_digest


@pytest.fixture(params=["disk", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> UPath:
    """A model's folder."""
    place = UPath(tmp_path) if request.param == "disk" else UPath(f"memory://{tmp_path.name}")
    for name, text in {"model.safetensors": "weights", "sub/config.json": "{}"}.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return place


def other_bytes(folder: UPath) -> None:
    """A model trained anew: same names, same sizes."""
    (folder / "model.safetensors").write_text("WEIGHTS")


def renamed(folder: UPath) -> None:
    """The same bytes under another name."""
    (folder / "model.safetensors").unlink()
    (folder / "weights.safetensors").write_text("weights")


def one_more(folder: UPath) -> None:
    """A file more."""
    (folder / "sub" / "more.json").write_text("{}")


@pytest.mark.parametrize("change", [other_bytes, renamed, one_more])
def test_a_changed_folder_has_another_digest(
    folder: UPath, change: Callable[[UPath], None]
) -> None:
    before = content_digest(folder)
    change(folder)
    assert content_digest(folder) != before


@pytest.mark.parametrize("name", ["README.md", ".lock", "sub/.cache/part"])
def test_cards_and_hidden_files_do_not_count(folder: UPath, name: str) -> None:
    before = content_digest(folder)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("scores")
    assert content_digest(folder) == before


def test_what_is_not_there_is_absent(folder: UPath) -> None:
    assert content_digest(folder / "nothing") == ABSENT


def test_a_pattern_stands_for_all_that_match(folder: UPath) -> None:
    before = input_digest(folder, "sub/*.json")
    (folder / "sub" / "more.json").write_text("{}")
    assert input_digest(folder, "sub/*.json") != before
