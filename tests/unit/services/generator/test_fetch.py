"""A fetched model is whole, verified, and without files that run code."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import fsspec
import pytest
from s3fs import S3FileSystem

from littlegiants.errors import BadInput, Unavailable
from littlegiants.weights import manifest_of
from services.generator.fetch import FetchSettings, fetch, is_wanted, main
from tests.unit.hub import hub


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A model in a store that does not answer."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    yield "s3://bucket/model"
    S3FileSystem.clear_instance_cache()  # it keeps the address for tests after this one


@pytest.fixture
def source() -> str:
    """A model in a store."""
    system = fsspec.filesystem("memory")
    for name in ("config.json", "model.safetensors", "sub/extra.json", "old.bin", ".git/x"):
        system.pipe(f"/store/model/{name}", name.encode())
    return "memory://store/model"


def settings(source: str, target: Path, digest: str = "") -> FetchSettings:
    return FetchSettings(source=source, target=target, digest=digest)


def test_files_arrive_but_for_those_that_run_code(source: str, tmp_path: Path) -> None:
    target = tmp_path / "models" / "one"
    digest = fetch(settings(source, target))
    names = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert names == {"config.json", "model.safetensors", "sub/extra.json"}
    assert digest == manifest_of(target).digest


def test_what_is_there_is_not_fetched_again(source: str, tmp_path: Path) -> None:
    digest = fetch(settings(source, tmp_path / "one"))
    fsspec.filesystem("memory").rm("/store/model", recursive=True)
    assert fetch(settings(source, tmp_path / "one", digest)) == digest


def test_pods_that_share_the_hubs_cache_fetch_a_model_once(tmp_path: Path) -> None:
    files = {"config.json": b"{}", "model.safetensors": b"weights", "old.bin": b"pickle"}
    program = [sys.executable, "-m", "services.generator.fetch", "--source", "hf://org/name@main"]
    with hub(files) as running:
        env = {**os.environ, "HF_ENDPOINT": running.url, "HF_HUB_OFFLINE": "0"}
        for pod in ("a", "b"):
            target = tmp_path / pod / "model"
            more = ["--target", str(target), "--hub-cache", str(tmp_path / "hub")]
            done = subprocess.run([*program, *more], env=env, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            assert (target / "model.safetensors").read_bytes() == b"weights"
            assert not (target / "old.bin").exists()
            assert not (target / "model.safetensors").is_symlink(), "it can be mounted alone"
            assert running.fetched == (
                {"config.json", "model.safetensors"} if pod == "a" else set()
            )
            running.fetched.clear()


def test_other_weights_than_asked_for_leave_nothing_behind(source: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"digest: .* asked for is 0000"):
        fetch(settings(source, tmp_path / "one", "0" * 32))
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no files"):
        fetch(settings("memory://nothing/here", tmp_path / "one"))


def test_a_store_that_is_away_names_what_to_look_at(away: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="credentials"):
        fetch(settings(away, tmp_path / "one"))


def test_the_exit_code_says_whether_to_try_again(source: str, away: str, tmp_path: Path) -> None:
    flags = ["--target", str(tmp_path / "one"), "--source"]
    assert main([*flags, "memory://nothing/here"]) == 2
    assert main([*flags, away]) == 3
    assert main([*flags, "no-url"]) == 2
    assert main([*flags, source]) == 0


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("a.safetensors", True), ("a.PT", False), (".cache/a.json", False), ("manifest.json", False)],
)
def test_what_is_wanted(name: str, wanted: bool) -> None:
    assert is_wanted(PurePosixPath(name)) is wanted
