"""The source of a server's weights: a folder, or the channel whose pointer names them."""

import errno
import logging
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
from botocore.exceptions import BotoCoreError, NoCredentialsError

from littlegiants.errors import BadInput, Unavailable
from littlegiants.heartbeat import doing
from littlegiants.weights import MANIFEST, Manifest, manifest_of, read_manifest, verify
from littlegiants.weights_pointer import (
    Pointer,
    candidate_path,
    pointer_path,
    read_pointer,
    weights_path,
)
from services.generator.settings import GeneratorSettings

log = logging.getLogger(__name__)

NO_ACCESS = (
    "the store refuses the keys; mend AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    "or what they may read"
)
NO_STORE = "the store does not answer; check the address of the store, AWS_ENDPOINT_URL_S3"


class NothingPromoted(Unavailable):
    """The channel has no weights of the role yet."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A verified local folder, the digest of its files, and the version of the pointer to it.

    `tensors_digest` is that of the tensors alone: where it is the same, so are the answers.
    """

    folder: Path
    digest: str
    version: int = 0
    tensors_digest: str = ""


def find_weights(settings: GeneratorSettings) -> Weights:
    """The weights that are to be served now, on this machine and verified.

    Raises Unavailable when they cannot be fetched, BadInput when they are not what they claim.
    """
    if settings.model is not None:
        manifest = manifest_of(settings.model)
        return Weights(settings.model, manifest.digest, tensors_digest=manifest.tensors_digest)
    pointer = current_pointer(settings.weights, settings.role, candidate=settings.candidate)
    return fetched(settings.weights, pointer, cache=settings.cache.expanduser())


def follow(url: str, role: str, *, cache: Path) -> Weights:
    """The weights that the pointer of `role` names; remote ones are copied below `cache`."""
    return fetched(url, current_pointer(url, role), cache=cache)


def current_pointer(url: str, role: str, *, candidate: bool = False) -> Pointer:
    """What the pointer of `role` says now; with `candidate` that to its candidate, if it has one.

    Raises Unavailable when it cannot be read, BadInput when it is none.
    """
    system, root = _opened(url)
    if candidate:
        with suppress(NothingPromoted):
            return read_pointer(_read(system, f"{root}/{candidate_path(role)}"), role=role)
    return read_pointer(_read(system, f"{root}/{pointer_path(role)}"), role=role)


def fetched(url: str, pointer: Pointer, *, cache: Path) -> Weights:
    """The weights that `pointer` names; raises as `find_weights`."""
    system, root = _opened(pointer.channel or url)
    role = pointer.role
    remote = f"{root}/{weights_path(role, pointer.digest)}"
    manifest = read_manifest(_read(system, f"{remote}/{MANIFEST}"), digest=pointer.digest)
    folder = Path(remote)
    if "file" in _protocols(system):
        verify(folder, manifest)
    else:
        folder = cache / weights_path(role, pointer.digest)
        if not _is_whole(folder, manifest):
            _make_room(folder)
            _fetch(system, remote, manifest, folder)
        folder.touch()
    return Weights(folder, pointer.digest, pointer.version, manifest.tensors_digest)


def _opened(url: str) -> tuple[Any, str]:
    system, root = fsspec.core.url_to_fs(url)
    # other processes write there: what was listed before tells nothing
    system.invalidate_cache()
    return system, root


def _is_whole(folder: Path, manifest: Manifest) -> bool:
    if not folder.exists():
        return False
    try:
        verify(folder, manifest)
    except BadInput as error:
        log.warning("fetching again what the cache no longer has: %s", error)
        return False
    return True


def _make_room(folder: Path) -> None:
    """Leave beside what comes only the weights that were used last, which are served meanwhile."""
    beside = folder.parent.glob("[!.]*") if folder.parent.exists() else ()
    others = sorted((each for each in beside if each != folder), key=lambda it: it.stat().st_mtime)
    for old in others[:-1]:
        log.info("removing %s from the cache: it keeps two", old.name)
        shutil.rmtree(old, ignore_errors=True)


def _fetch(system: Any, remote: str, manifest: Manifest, folder: Path) -> None:
    """Copy to a folder aside, verify it, then give it its name: a cut fetch leaves nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as name:
        aside = Path(name) / "weights"
        for file in manifest.files:
            log.info("fetching %s", file)
            (aside / file).parent.mkdir(parents=True, exist_ok=True)
            try:
                with doing(f"fetching {file}"):
                    system.get_file(f"{remote}/{file}", str(aside / file))
            except FileNotFoundError as error:
                raise BadInput(
                    f"{file}: missing from {remote}; promote the weights again"
                ) from error
            except OSError as error:
                raise Unavailable(f"{remote}/{file}: cannot be fetched: {error}") from error
        with doing("comparing what was fetched with its manifest"):
            verify(aside, manifest)
        _put_in_place(aside, folder, old=Path(name) / "old")


def _put_in_place(aside: Path, folder: Path, *, old: Path) -> None:
    with suppress(FileNotFoundError):
        folder.rename(old)
    try:
        aside.rename(folder)
    except OSError as error:
        # another server with the same cache may have been first
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _read(system: Any, path: str) -> bytes:
    try:
        return bytes(system.cat_file(path))
    except (PermissionError, NoCredentialsError) as error:
        raise BadInput(f"{path}: {NO_ACCESS} ({error})") from error
    except BotoCoreError as error:
        raise Unavailable(f"{path}: {NO_STORE} ({error})") from error
    except FileNotFoundError as error:
        raise NothingPromoted(f"{path}: not there; promote the role first") from error
    except OSError as error:
        raise Unavailable(f"{path}: cannot be read ({error})") from error


def _protocols(system: Any) -> tuple[str, ...]:
    protocol = system.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
