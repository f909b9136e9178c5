"""The weights channel's format: what it refuses, by name."""

import json
from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from littlegiants.weights import MANIFEST, Manifest, manifest_of, read_manifest, verify
from littlegiants.weights_pointer import read_pointer

DIGEST = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of weights, one in a folder below."""
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "config.json").write_text("{}")
    return tmp_path


def test_a_folder_is_what_its_manifest_says(folder: Path) -> None:
    manifest = manifest_of(folder)
    assert list(manifest.files) == ["model.safetensors", "more/config.json"]
    (folder / MANIFEST).write_text(manifest.model_dump_json())
    (folder / ".hidden").write_text("")
    assert manifest_of(folder) == manifest
    verify(folder, manifest)
    assert read_manifest((folder / MANIFEST).read_bytes(), digest=manifest.digest) == manifest


def test_the_digest_changes_with_every_byte_and_name(folder: Path) -> None:
    digests = {manifest_of(folder).digest}
    (folder / "model.safetensors").write_bytes(b"weightz")
    digests.add(manifest_of(folder).digest)
    (folder / "model.safetensors").rename(folder / "other.safetensors")
    digests.add(manifest_of(folder).digest)
    assert len(digests) == 3


def _tamper(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"weightz")


def _remove(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _lead_outside(folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.write_bytes(b"weights")
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(outside)


def _add(folder: Path) -> None:
    (folder / "extra.safetensors").write_bytes(b"")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_tamper, "model.safetensors: differs"),
        (_remove, "model.safetensors: missing"),
        (_lead_outside, "model.safetensors: leads outside"),
        (_add, "extra.safetensors: .* not in manifest.json"),
    ],
)
def test_names_the_file_that_is_not_as_listed(folder: Path, change: object, message: str) -> None:
    manifest = manifest_of(folder)
    assert callable(change)
    change(folder)
    with pytest.raises(BadInput, match=message):
        verify(folder, manifest)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../x", "a\\b", "./a", ".x", MANIFEST]
)
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    text = json.dumps({"files": {name: "0" * 64}})
    with pytest.raises(BadInput, match="files"):
        read_manifest(text, digest=DIGEST)


def test_a_manifest_has_the_digest_that_it_is_called_by() -> None:
    manifest = Manifest(files={"a": "0" * 64})
    with pytest.raises(BadInput, match=manifest.digest):
        read_manifest(manifest.model_dump_json(), digest=DIGEST)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"digest": "../../etc"}, "digest"),
        ({"role": "senior"}, "role"),
        ({"created": "yesterday"}, "created"),
        ({"version": 0}, "version"),
        ({"previous": "the one before"}, "previous"),
        ({"more": 1}, "more"),
    ],
)
def test_a_bad_pointer_is_refused_by_field(change: dict[str, object], message: str) -> None:
    good = {"role": "junior", "digest": DIGEST, "version": 1, "created": "2026-01-01T00:00:00Z"}
    assert read_pointer(json.dumps(good), role="junior").digest == DIGEST
    with pytest.raises(BadInput, match=message):
        read_pointer(json.dumps(good | change), role="junior")


def test_an_empty_or_missing_folder_holds_no_weights(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(BadInput, match="weights"):
            manifest_of(folder)


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "more/model.pt", "scaler.pkl", "old.CKPT", "adapter_model.bin"]
)
def test_what_may_be_a_pickle_is_neither_promoted_nor_served(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"weights")
    with pytest.raises(BadInput, match=f"{name} may hold a pickle.*safetensors"):
        manifest_of(folder)
    manifest = Manifest(files={"model.safetensors": "0", name: "0"})
    with pytest.raises(BadInput, match=f"{name} may hold a pickle"):
        read_manifest(manifest.model_dump_json(), digest=manifest.digest)
