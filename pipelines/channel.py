"""One role's weights in the channel that generators follow: put in, pointed to, pointed back."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.weights import (
    MANIFEST,
    Pointer,
    manifest_of,
    pointer_path,
    read_manifest,
    read_pointer,
    version_path,
    weights_path,
)
from pipelines.run import write_whole

ON_THIS_MACHINE = ("", "file", "local")


@dataclass(frozen=True, slots=True)
class Channel:
    """The weights of `role` below `folder`, which may be on any fsspec URL."""

    folder: UPath
    role: str

    def pointer(self) -> Pointer | None:
        """What points to the present weights, if any were promoted."""
        path = self.folder / pointer_path(self.role)
        return read_pointer(path.read_bytes(), role=self.role) if path.exists() else None

    def versions(self) -> list[Pointer]:
        """Every pointer that there was, the oldest first."""
        present = self.pointer()
        paths = [
            self.folder / version_path(self.role, number)
            for number in range(1, (present.version if present else 0) + 1)
        ]
        return [read_pointer(path.read_bytes(), role=self.role) for path in paths if path.exists()]

    def put(self, model: Path) -> str:
        """Copy the files of `model`, then write their manifest; gives its digest."""
        manifest = manifest_of(model)
        target = self.folder / weights_path(self.role, manifest.digest)
        for name in manifest.files:
            copy_whole(model / name, target / name)
        write_whole(target / MANIFEST, manifest.model_dump_json())
        return manifest.digest

    def point_to(self, digest: str) -> Pointer:
        """Make `digest` the present weights; where they are already, nothing changes."""
        present = self.pointer()
        if present and present.digest == digest:
            return present
        pointer = Pointer(
            role=self.role,
            digest=digest,
            version=present.version + 1 if present else 1,
            previous=present.digest if present else None,
            created=datetime.now(UTC),
        )
        text = pointer.model_dump_json()
        write_whole(self.folder / version_path(self.role, pointer.version), text)
        write_whole(self.folder / pointer_path(self.role), text)
        return pointer

    def roll_back(self, digest: str = "") -> Pointer:
        """Point to `digest`, or else to the weights before the present ones.

        Raises BadInput when there are none, or a file of theirs is gone.
        """
        present = self.pointer()
        digest = digest or (present.previous if present else None) or ""
        if not digest:
            raise BadInput(f"{self.role}: no weights before the present ones; promote others")
        if missing := self.missing(digest):
            raise BadInput(
                f"{self.role}: {missing} of weights {digest} is not in {self.folder}; promote them "
                "again, or give another digest"
            )
        return self.point_to(digest)

    def missing(self, digest: str) -> str:
        """The first file of the weights `digest` that is not there; empty when all are."""
        folder = self.folder / weights_path(self.role, digest)
        if not (folder / MANIFEST).exists():
            return MANIFEST
        files = read_manifest((folder / MANIFEST).read_bytes(), digest=digest).files
        return next((name for name in files if not (folder / name).exists()), "")


def roles_of(folder: UPath) -> list[str]:
    """The roles that have weights below `folder`."""
    if not folder.exists():
        return []
    return sorted(path.name for path in folder.iterdir() if (path / "current.json").exists())


def copy_whole(source: Path, target: UPath) -> None:
    """Copy a file so that readers see it whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.protocol not in ON_THIS_MACHINE:
        # an object appears when its upload ends
        target.fs.put_file(str(source), target.path)
        return
    part = target.with_name(f"{target.name}.part")
    with source.open("rb") as read, part.open("wb") as write:
        while chunk := read.read(1 << 24):
            write.write(chunk)
    part.rename(target)
