"""Fetch a model's files into a folder, before its server starts."""

import errno
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, CliApp, SettingsConfigDict

from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from littlegiants.heartbeat import Heartbeat, doing
from littlegiants.proxies import spare_nearby
from littlegiants.weights import MANIFEST, PICKLES, manifest_of

PROGRAM = "python -m services.generator.fetch"
HUB = "hf://"
NO_HARD_LINKS = (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK)
"""Another file system, or one that knows none."""

log = logging.getLogger(__name__)


class FetchSettings(BaseSettings):
    """Fetch a model's files into a folder, whole or not at all; files that may be pickles stay."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        cli_kebab_case=True,
        cli_prog_name=PROGRAM,
    )

    source: str = Field(pattern="^[a-z0-9]+://.+")
    """fsspec URL of the model's folder: s3://bucket/folder, hf://organization/model@revision."""
    target: Path
    """Folder to make; if it is there it was fetched before."""
    hub_cache: Path | None = None
    """Cache of the hub that pods share: what is at hf:// is fetched there, once, and linked."""
    digest: str = Field("", pattern="^([0-9a-f]{32})?$")
    """Digest that the weights must have; unset: whatever comes."""


def fetch(settings: FetchSettings) -> str:
    """The digest of the weights that are in the target now.

    Raises Unavailable when they cannot be fetched, BadInput when they are not what was asked for.
    """
    target = settings.target
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() and settings.hub_cache and settings.source.startswith(HUB):
        cached = _cached(settings.source.removeprefix(HUB), settings.hub_cache)
        _check(manifest_of(cached).digest, settings)
        target.unlink(missing_ok=True)  # a link into a cache that was emptied
        _link(cached, target)
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as name:
            aside = Path(name) / "model"
            _copy(settings.source, aside)
            _check(manifest_of(aside).digest, settings)
            _settle(aside, target)
    found = manifest_of(target).digest
    _check(found, settings)
    return found


def _copy(source: str, folder: Path) -> None:
    # heavy, and only needed here
    import fsspec

    try:
        system, root = fsspec.core.url_to_fs(source)
        names = [PurePosixPath(path).relative_to(root) for path in system.find(root)]
        wanted = [name for name in names if is_wanted(name)]
        for name in wanted:
            log.info("fetching %s", name)
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with doing(f"fetching {name}"):
                system.get_file(f"{root}/{name}", str(folder / name))
    except ImportError as error:
        raise BadInput(f"source: {source}: {error}; install what this kind of URL needs") from error
    except Exception as error:
        raise Unavailable(f"source: {source} cannot be fetched: {_told(error)}") from error
    if not wanted:
        raise BadInput(f"source: {source} holds no files; name the folder of a model")


def _cached(name: str, cache: Path) -> Path:
    """Folder of a repository in the hub's cache; its locks let one of several pods fetch."""
    # heavy, and only needed here
    from huggingface_hub import errors, snapshot_download

    repository, _, revision = name.partition("@")
    patterns = [f"*{suffix}" for suffix in sorted(PICKLES)]
    try:
        with doing(f"fetching {name}"):
            return Path(
                snapshot_download(
                    repository, revision=revision or None, cache_dir=cache, ignore_patterns=patterns
                )
            )
    except (errors.HfHubHTTPError, errors.HFValidationError, OSError) as error:
        raise Unavailable(f"source: {HUB}{name} cannot be fetched: {_told(error)}") from error


def _link(cached: Path, target: Path) -> None:
    """A folder of its own on the cache's file system, which can be mounted alone; else a link."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as name:
        aside = Path(name) / "model"
        aside.mkdir()
        try:
            for file in cached.rglob("*"):
                place = aside / file.relative_to(cached)
                if file.is_dir():
                    place.mkdir(parents=True, exist_ok=True)
                else:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    os.link(file.resolve(), place)
        except OSError as error:
            if error.errno not in NO_HARD_LINKS:
                raise
            target.symlink_to(cached, target_is_directory=True)
            return
        _settle(aside, target)


def _settle(aside: Path, target: Path) -> None:
    """Give a whole folder its name, unless another pod was quicker."""
    try:
        aside.rename(target)
    except OSError:
        if not target.exists():
            raise


def is_wanted(name: PurePosixPath) -> bool:
    """Hidden files, the channel's manifest and what may run code stay where they are."""
    is_hidden = any(part.startswith(".") for part in name.parts)
    return not (is_hidden or str(name) == MANIFEST or name.suffix.lower() in PICKLES)


def _told(error: Exception) -> str:
    return (
        f"{type(error).__name__}: {error}; look at the URL, at the secret with the store's "
        "credentials, and at what the network lets through"
    )


def _check(found: str, settings: FetchSettings) -> None:
    if settings.digest and found != settings.digest:
        raise BadInput(
            f"digest: {settings.source} has {found}, asked for is {settings.digest}; "
            "name the right one, or other weights"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, 2 for what must be changed first, 3 for what may come back by itself."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    spare_nearby()
    try:
        settings = CliApp.run(FetchSettings, cli_args=list(arguments) if arguments else None)
        with Heartbeat(log.info):
            digest = fetch(settings)
        log.info("%s holds weights %s", settings.target, digest)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        log.error("%s: --%s: %s", PROGRAM, ".".join(map(str, fault["loc"])), fault["msg"])
        return 2
    except LittleGiantsError as error:
        log.error("%s", error)
        return 2 if isinstance(error, BadInput) else 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
