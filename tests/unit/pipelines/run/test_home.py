"""A step has a home that it can write, whoever the cluster lets it run as."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.run.home import ensure_home
from tests.contract.sources import ROOT


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


@pytest.mark.parametrize("image", ["pipeline", "trainer"])
def test_caches_of_an_image_lie_in_the_home_that_can_be_written(image: str, tmp_path: Path) -> None:
    variables = {**variables_of(image), "HOME": str(tmp_path / "none"), "TMPDIR": str(tmp_path)}
    program = (
        "import pipelines.steps.finetune; from pipelines.run.home import ensure_home; "
        "ensure_home(); from huggingface_hub import constants; print(constants.HF_HOME); "
        "import datasets; print(datasets.config.HF_DATASETS_CACHE)"
    )
    told = {**variables, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=told, check=True, capture_output=True, text=True
    )
    for folder in done.stdout.split():
        assert Path(folder).is_relative_to(tmp_path), folder


def variables_of(image: str) -> dict[str, str]:
    """The environment of an image, as its last stage says it."""
    text = (ROOT / "images" / image / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.startswith("ENV ")]
    return dict(pair.split("=", 1) for line in lines for pair in line.split()[1:])
