"""Weights into the channel that generators follow: files under their digest, then the pointer."""

import asyncio
import time
from pathlib import Path

from littlegiants.client import GeneratorClient
from littlegiants.errors import BadInput, Unavailable
from pipelines.channel import ON_THIS_MACHINE, Channel
from pipelines.progress import say
from pipelines.run import Run

POINTER = "weights/{role}/current.json"
SERVE_LIMIT_S = 1800
ASK_INTERVAL_S = 5


def channel(run: Run, role: str) -> Channel:
    """The weights of `role` in the run's channel."""
    return Channel(run.folder / "weights", role)


def weights_url(run: Run) -> str:
    """The channel as a generator is told of it."""
    folder = run.folder / "weights"
    return str(folder.absolute()) if folder.protocol in ON_THIS_MACHINE else str(folder)


def current_digest(run: Run, role: str) -> str:
    """Digest of the weights that `role` shall serve.

    Raises BadInput when nothing was promoted yet.
    """
    pointer = channel(run, role).pointer()
    if pointer is None:
        raise BadInput(f"{run.folder / POINTER.format(role=role)}: not there; promote {role} first")
    return pointer.digest


def promote_weights(run: Run, role: str, folder: Path) -> str:
    """Put the model in `folder` into the channel and point `role` to it; gives its digest."""
    weights = channel(run, role)
    return weights.point_to(weights.put(folder)).digest


def address_of(generators: str, role: str) -> str:
    """The address of `role` in a template with {role}, or in a list role=address,role=address.

    Raises BadInput when there is none.
    """
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
        say(role, f"{address} serves {served}, waiting for {digest}")
        await asyncio.sleep(ASK_INTERVAL_S)
    raise Unavailable(f"{role}: {address} did not follow the pointer to {digest}; see its log")
