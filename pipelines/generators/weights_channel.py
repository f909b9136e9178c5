"""One role's weights in the channel that generators follow: put in, pointed to, pointed back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.heartbeat import doing
from littlegiants.weights import MANIFEST, Manifest, manifest_of, read_manifest
from littlegiants.weights_pointer import (
    Pointer,
    PromotedBy,
    candidate_path,
    pointer_path,
    read_pointer,
    version_path,
    weights_path,
)
from pipelines.storage.atomic_writes import copy_whole, copy_within, write_whole
from pipelines.storage.store import Store


@dataclass(frozen=True, slots=True)
class Channel:
    """The weights of `role` below `folder`, which may be on any fsspec URL."""

    folder: UPath
    role: str
    by: PromotedBy | None = None
    """Who makes versions of it; unset: a person, by hand."""

    def pointer(self) -> Pointer | None:
        """What points to the present weights, if any were promoted."""
        return self._read(pointer_path(self.role))

    def candidate(self) -> Pointer | None:
        """What points to the weights that canaries serve, if they are not the present ones."""
        return self._read(candidate_path(self.role))

    def _read(self, name: str) -> Pointer | None:
        """The pointer in a file, read in one request: it may be written again at any time."""
        try:
            return read_pointer(Store(self.folder).read(name), role=self.role)
        except FileNotFoundError:
            return None

    def versions(self) -> list[Pointer]:
        """Every pointer that there was, the oldest first."""
        present = self.pointer()
        numbers = range(1, (present.version if present else 0) + 1)
        found = (self._read(version_path(self.role, number)) for number in numbers)
        return [pointer for pointer in found if pointer]

    def own(self) -> Pointer | None:
        """The last version that this run made, whatever others have made since."""
        run = self.by.run if self.by else None
        return next((each for each in self._latest() if each.by and each.by.run == run), None)

    def holds(self, digest: str) -> bool:
        """Whether a version names the weights `digest`, whoever made it, and nothing is gone that
        generators read."""
        named = any(each.digest == digest for each in self._latest())
        return named and bool(self.pointer()) and not self.missing(digest)

    def _latest(self) -> Iterator[Pointer]:
        """Every version that was claimed, the newest first."""
        numbers, present = self._numbers(), self.pointer()
        if present and not present.channel and present.version > max(numbers, default=0):
            yield present
        for number in sorted(numbers, reverse=True):
            if found := self._read(version_path(self.role, number)):
                yield found

    def promote(self, model: Path | UPath, manifest: Manifest | None = None) -> Pointer:
        """Point to the weights in `model`, unless they are what this run promoted last."""
        own, manifest = self.own(), manifest or manifest_of(Path(str(model)))
        if not own or own.digest != manifest.digest:
            return self.point_to(self.put(model, manifest))
        if self.missing(own.digest):
            self.put(model, manifest)
        self._publish()
        return own

    def put(self, model: Path | UPath, manifest: Manifest | None = None) -> str:
        """Copy the files of `model`, then write their manifest; gives its digest.

        Within one store, which needs the `manifest`, nothing of them comes to this machine.
        """
        if manifest is None:
            with doing(f"reading {model.name}"):
                manifest = manifest_of(Path(str(model)))
        target = self.folder / weights_path(self.role, manifest.digest)
        for number, name in enumerate(manifest.files, 1):
            with doing(f"copying {name} ({number} of {len(manifest.files)}) into the channel"):
                if isinstance(model, Path):
                    copy_whole(model / name, target / name)
                else:
                    copy_within(model / name, target / name)
        write_whole(target / MANIFEST, manifest.model_dump_json())
        return manifest.digest

    def point_to(self, digest: str, *, instead_of: Pointer | None = None) -> Pointer:
        """Make `digest` the present weights; where they are already, nothing changes.

        A version is one caller's: the others of the same moment get the next ones. With
        `instead_of`, nothing changes either when other weights were pointed to since.
        """
        newest = self._newest()
        stays = newest and (newest.digest == digest or newest != (instead_of or newest))
        pointer = newest if stays else self._claimed(digest, newest)
        if pointer is None:
            return self.point_to(digest, instead_of=instead_of)
        self._publish()
        return pointer

    def _claimed(self, digest: str, before: Pointer | None) -> Pointer | None:
        """The pointer after `before`; None when another caller has that version."""
        pointer = Pointer(
            role=self.role,
            digest=digest,
            version=before.version + 1 if before else 1,
            previous=before.digest if before else None,
            created=datetime.now(UTC),
            by=self.by,
        )
        name = version_path(self.role, pointer.version)
        is_ours = Store(self.folder).create(name, pointer.model_dump_json().encode())
        return pointer if is_ours else None

    def _newest(self) -> Pointer | None:
        """The last version that was claimed; a caller may have ended before it pointed to it."""
        return next(self._latest(), None)

    def _numbers(self) -> list[int]:
        """Of all versions that were claimed."""
        folder = (self.folder / version_path(self.role, 1)).parent
        return [int(name.removesuffix(".json")) for name in Store(folder).sizes(".json")]

    def _publish(self) -> None:
        """Point to the last version; again if another was claimed meanwhile, so none stays old."""
        while (newest := self._newest()) and newest != self.pointer():
            write_whole(self.folder / pointer_path(self.role), newest.model_dump_json())

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

    def prune(self, keep: int) -> list[str]:
        """Remove the weights that only versions before the last `keep` name; their digests."""
        versions, candidate = self.versions(), self.candidate()
        kept = {pointer.digest for pointer in versions[-keep:]}
        kept |= {candidate.digest} if candidate else set()
        old = {pointer.digest for pointer in versions[:-keep]} - kept
        folders = {digest: self.folder / weights_path(self.role, digest) for digest in sorted(old)}
        gone = [digest for digest, folder in folders.items() if folder.exists()]
        for digest in gone:
            folder = folders[digest]
            # without its manifest it is no weights any more, however far the rest gets
            Store(folder).delete(MANIFEST)
            folder.fs.rm(folder.path, recursive=True)
        return gone

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
