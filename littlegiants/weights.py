"""The files of one model's weights: their digest is the weights' name, and can be checked."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from littlegiants.errors import BadInput

MANIFEST = "manifest.json"
SAFETENSORS = ".safetensors"
ADAPTER_CONFIG = "adapter_config.json"
PICKLES = frozenset({".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"})
"""Files that may run code when they are read."""
HEX = r"^[0-9a-f]{32}$"


class Manifest(BaseModel):
    """The files of one model, each with its SHA-256."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: dict[str, str] = Field(min_length=1)

    @field_validator("files")
    @classmethod
    def _stays_inside(cls, files: dict[str, str]) -> dict[str, str]:
        for name in files:
            path = PurePosixPath(name)
            if str(path) != name or path.is_absolute() or ".." in path.parts or "\\" in name:
                raise ValueError(f"{name!r} is not a plain path below the folder")
            if _is_skipped(path):
                raise ValueError(f"{name!r} is hidden or the manifest itself")
        return files

    @property
    def digest(self) -> str:
        """Name of the weights: the first 32 hex digits of the SHA-256 of the sorted file list."""
        return files_digest(self.files)

    @property
    def tensors_digest(self) -> str:
        """The same of the files alone that hold numbers: safetensors, an adapter's scale."""
        deciding = (SAFETENSORS, ADAPTER_CONFIG)
        return files_digest(
            {name: self.files[name] for name in self.files if name.endswith(deciding)}
        )


Record = TypeVar("Record", bound=BaseModel)


def read_manifest(text: str | bytes, *, digest: str) -> Manifest:
    """The manifest in `text`, which must be the one that `digest` names.

    Raises BadInput when it is no manifest, names a path outside its folder or what may be a pickle,
    or has another digest.
    """
    manifest = read_record(Manifest, text, f"{digest}/{MANIFEST}")
    if manifest.digest != digest:
        raise BadInput(
            f"{digest}/{MANIFEST}: its digest is {manifest.digest}; promote the weights again"
        )
    _refuse_pickles(manifest.files, f"{digest}/{MANIFEST}")
    return manifest


def manifest_of(folder: Path) -> Manifest:
    """The manifest of the files below `folder`; hidden files and an old manifest are left out.

    Raises BadInput when there is no file, or one that may be a pickle.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: no such folder of weights")
    names = sorted(_names(folder))
    if not names:
        raise BadInput(f"{folder}: holds no files, so no weights")
    _refuse_pickles(names, str(folder))
    return Manifest(files={name: file_digest(folder / name) for name in names})


def verify(folder: Path, manifest: Manifest) -> None:
    """Check that `folder` holds the files of `manifest`, byte for byte, and no others.

    Raises BadInput naming the first file that is missing, differs, is unlisted or leads outside.
    """
    root = folder.resolve()
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.resolve().is_relative_to(root):
            raise BadInput(f"{name}: leads outside of {folder}; weights are plain files")
        if not path.is_file():
            raise BadInput(f"{name}: missing from {folder}; fetch or promote the weights again")
        if file_digest(path) != expected:
            raise BadInput(f"{name}: differs from its digest in {MANIFEST}; promote again")
    for name in _names(folder):
        if name not in manifest.files:
            raise BadInput(f"{name}: in {folder} but not in {MANIFEST}; remove it or promote again")


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files_digest(files: Mapping[str, str]) -> str:
    """Name of files with these digests: 32 hex digits."""
    text = json.dumps(dict(files), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def read_record(record: type[Record], text: str | bytes, where: str) -> Record:
    """A record of the channel from its text; raises BadInput naming the field that is wrong."""
    try:
        return record.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"])) or "content"
        raise BadInput(f"{where}: {field}: {fault['msg']}; promote the weights again") from error


def _names(folder: Path) -> list[str]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return [path.as_posix() for path in files if not _is_skipped(path)]


def _is_skipped(path: Path | PurePosixPath) -> bool:
    return str(path) == MANIFEST or any(part.startswith(".") for part in path.parts)


def _refuse_pickles(names: Iterable[str], where: str) -> None:
    for name in names:
        if PurePosixPath(name).suffix.lower() in PICKLES:
            raise BadInput(
                f"{where}: {name} may hold a pickle, which runs code when it is read; "
                "save the weights as safetensors"
            )
