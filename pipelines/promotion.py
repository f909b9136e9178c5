"""Weights into the channel that generators follow: files under their digest, then the pointer."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

from upath import UPath

from littlegiants.client import GeneratorClient
from littlegiants.errors import BadInput, Unavailable
from littlegiants.weights import (
    MANIFEST,
    Pointer,
    manifest_of,
    pointer_path,
    read_pointer,
    weights_path,
)
from pipelines.kserve_promotion import SCHEME
from pipelines.kserve_promotion import address_of as kserve_address_of
from pipelines.progress import say
from pipelines.run import Run, write_whole

POINTER = "weights/{role}/current.json"
SERVE_LIMIT_S = 1800
ASK_INTERVAL_S = 5


def channel(run: Run) -> UPath:
    """The run's weights channel."""
    return run.folder / "weights"


def weights_url(run: Run) -> str:
    """The channel as a generator is told of it."""
    folder = run.folder
    return str(channel(run).absolute()) if folder.protocol in ("", "file") else str(channel(run))


def current_digest(run: Run, role: str) -> str:
    """Digest of the weights that `role` shall serve.

    Raises BadInput when nothing was promoted yet.
    """
    path = channel(run) / pointer_path(role)
    if not path.exists():
        raise BadInput(f"{path}: not there; promote {role} first")
    return read_pointer(path.read_bytes(), role=role).digest


def promote_weights(run: Run, role: str, folder: Path) -> str:
    """Put the model in `folder` into the channel and point `role` to it; gives its digest."""
    manifest = manifest_of(folder)
    target = channel(run) / weights_path(role, manifest.digest)
    for name in manifest.files:
        copy_whole(folder / name, target / name)
    write_whole(target / MANIFEST, manifest.model_dump_json())
    pointer = Pointer(role=role, digest=manifest.digest, created=datetime.now(UTC))
    write_whole(channel(run) / pointer_path(role), pointer.model_dump_json())
    return manifest.digest


def copy_whole(source: Path, target: UPath) -> None:
    """Copy a file so that readers see it whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    with source.open("rb") as read, part.open("wb") as write:
        while chunk := read.read(1 << 24):
            write.write(chunk)
    part.rename(target)


def address_of(generators: str, role: str) -> str:
    """The address of `role` in a template with {role}, or in a list role=address,role=address.

    Raises BadInput when there is none.
    """
    if generators.startswith(SCHEME):
        return kserve_address_of(generators, role)
    if "{role}" in generators:
        return generators.format(role=role)
    listed = dict(part.partition("=")[::2] for part in generators.split(","))
    if not listed.get(role):
        raise BadInput(
            f"generators: no address of {role} in {generators!r}; write an address with {{role}} "
            "in it, as dns:///{role}:50051, or junior=ADDRESS,senior=ADDRESS,revisor=ADDRESS"
        )
    return listed[role]


async def await_served(generators: str, role: str, digest: str) -> None:
    """Wait until the generator at its place serves `digest`.

    Raises Unavailable when it does not within half an hour.
    """
    address = address_of(generators, role)
    started = time.monotonic()
    while time.monotonic() - started < SERVE_LIMIT_S:
        async with GeneratorClient(address) as client:
            await client.wait_until_serving()
            served = (await client.model_info()).weights_digest
        if served == digest:
            return
        say(f"promote-{role}", f"{address} serves {served}, waiting for {digest}")
        await asyncio.sleep(ASK_INTERVAL_S)
    raise Unavailable(f"{role}: {address} did not follow the pointer to {digest}; see its log")
