"""A model that lies in the channel's own store is copied there: nothing of it comes to the step."""

from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from pipelines.generators.weights_channel import Channel
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.kept_models import keep_model, kept_manifest, trained_path
from pipelines.run.step import Work
from pipelines.steps.promote import STEP, PromoteSettings
from services.generator.weights.source import follow
from tests.unit.s3_server import S3Server
from tests.unit.text_tensors import save_text

TENSORS = "model.safetensors"


@pytest.fixture
def work(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    """A run in S3 with a trained junior, as the training leaves it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
    url = f"s3://runs/{tmp_path.name}"
    settings = PromoteSettings(
        run=f"{url}/run", channel=f"{url}/channel", role="junior", work=str(tmp_path / "work")
    )
    work = Work("promote-junior", Run(UPath(settings.run), load_recipe("laptop")), settings)
    trained = trained_path(work, "junior")
    trained.mkdir(parents=True)
    save_text(trained / TENSORS, "junior")
    keep_model(work, "junior")
    (trained / TENSORS).unlink()
    return work


def told(work: Work) -> list[tuple[str, bool]]:
    """Each request about tensors from now on: its method, and whether the store copies them."""
    requests: list[tuple[str, bool]] = []

    def note(request: Any, **more: Any) -> None:
        if request.url.partition("?")[0].endswith(TENSORS):
            is_copy = any("copy-source" in name.casefold() for name in request.headers)
            requests.append((request.method, is_copy))

    system = work.run.folder.fs
    system.connect()
    system.s3.meta.events.register("before-send.s3", note)
    return requests


def test_a_promotion_within_a_store_moves_no_tensors(work: Work, tmp_path: Path) -> None:
    requests = told(work)
    STEP(work.settings)
    assert ("PUT", True) in requests
    assert {request for request in requests if request[0] != "HEAD"} == {("PUT", True)}
    found = follow(work.channel, "junior", cache=tmp_path / "cache")
    assert (found.folder / TENSORS).is_file()


def test_a_model_that_was_written_again_is_read(work: Work, tmp_path: Path) -> None:
    save_text(tmp_path / TENSORS, "another one")
    work.run.folder.fs.put_file(
        str(tmp_path / TENSORS), f"{work.run.folder.path}/models/junior/{TENSORS}"
    )
    assert kept_manifest(work, "junior") is None
    STEP(work.settings)
    pointer = Channel(UPath(work.channel), "junior").pointer()
    assert pointer is not None
    assert Channel(UPath(work.channel), "junior").missing(pointer.digest) == ""


def test_a_large_file_is_copied_in_parts(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s3fs.core.MANAGED_COPY_THRESHOLD", 1)
    requests = told(work)
    STEP(work.settings)
    assert ("POST", False) in requests, "an upload in parts is begun and ended"
    assert {request for request in requests if request[0] == "PUT"} == {("PUT", True)}
