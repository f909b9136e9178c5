"""Where a server's weights come from: a folder, or the channel whose pointer names them."""

import logging
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
from botocore.exceptions import BotoCoreError, NoCredentialsError

from littlegiants.errors import BadInput, Unavailable
from littlegiants.weights import (
    MANIFEST,
    Manifest,
    manifest_of,
    pointer_path,
    read_manifest,
    read_pointer,
    verify,
    weights_path,
)
from services.generator.settings import GeneratorSettings

log = logging.getLogger(__name__)

NO_ACCESS = (
    "the store refuses the keys; mend AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    "or what they may read"
)
NO_STORE = "the store does not answer; check the address of the store, AWS_ENDPOINT_URL_S3"


@dataclass(frozen=True, slots=True)
class Weights:
    """A verified local folder, the digest of its files, and the version of the pointer to it."""

    folder: Path
    digest: str
    version: int = 0


def find_weights(settings: GeneratorSettings) -> Weights:
    """The weights that are to be served now, on this machine and verified.

    Raises Unavailable when they cannot be fetched, BadInput when they are not what they claim.
    """
    if settings.model is not None:
        return Weights(settings.model, manifest_of(settings.model).digest)
    return follow(settings.weights, settings.role, cache=settings.cache.expanduser())


def follow(url: str, role: str, *, cache: Path) -> Weights:
    """The weights that the pointer of `role` names; remote ones are copied below `cache`."""
    system, root = fsspec.core.url_to_fs(url)
    pointer = read_pointer(_read(system, f"{root}/{pointer_path(role)}"), role=role)
    remote = f"{root}/{weights_path(role, pointer.digest)}"
    manifest = read_manifest(_read(system, f"{remote}/{MANIFEST}"), digest=pointer.digest)
    folder = Path(remote)
    if "file" not in _protocols(system):
        folder = cache / weights_path(role, pointer.digest)
        if not folder.exists():
            _fetch(system, remote, manifest, folder)
    verify(folder, manifest)
    return Weights(folder, pointer.digest)


def _fetch(system: Any, remote: str, manifest: Manifest, folder: Path) -> None:
    """Copy to a folder aside, verify it, then give it its name: a cut fetch leaves nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as name:
        aside = Path(name) / "weights"
        for file in manifest.files:
            log.info("fetching %s", file)
            (aside / file).parent.mkdir(parents=True, exist_ok=True)
            try:
                system.get_file(f"{remote}/{file}", str(aside / file))
            except OSError as error:
                raise Unavailable(f"{remote}/{file}: cannot be fetched: {error}") from error
        verify(aside, manifest)
        shutil.move(aside, folder)


def _read(system: Any, path: str) -> bytes:
    try:
        return bytes(system.cat_file(path))
    except (PermissionError, NoCredentialsError) as error:
        raise BadInput(f"{path}: {NO_ACCESS} ({error})") from error
    except BotoCoreError as error:
        raise Unavailable(f"{path}: {NO_STORE} ({error})") from error
    except OSError as error:
        raise Unavailable(f"{path}: cannot be read ({error}); promote the role first") from error


def _protocols(system: Any) -> tuple[str, ...]:
    protocol = system.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
