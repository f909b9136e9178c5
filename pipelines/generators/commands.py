"""What `rollback` and `weights` do: point a role's weights back, show what there is, remove."""

import asyncio
from collections.abc import Iterator

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.weights_pointer import Pointer
from pipelines.cli.step_flags import LOCAL
from pipelines.generators.promotion import await_served
from pipelines.generators.weights_channel import Channel, roles_of


def channel_folder(run: str, channel: str) -> UPath:
    """The channel that is named, else the one that the run promotes into."""
    own = UPath(run) / "weights"
    if channel:
        return UPath(channel)
    pointers = (Channel(own, role).pointer() for role in roles_of(own))
    elsewhere = [pointer.channel for pointer in pointers if pointer and pointer.channel]
    return UPath(elsewhere[0]) if elsewhere else own


def roll_back(folder: UPath, role: str, *, to: str, generators: str) -> Iterator[str]:
    """Point `role` of a channel at its weights before, or at those `to`; lines that tell of it.

    Raises BadInput when these are not there or are refused, Unavailable when the generators do not
    follow.
    """
    channel = Channel(folder, role)
    present = channel.pointer()
    if present is None:
        raise BadInput(f"{folder}: no weights of {role}; see `weights`")
    pointer = channel.roll_back(to)
    if pointer == present:
        yield f"{role}: points to {present.digest} already, version {present.version}"
    else:
        yield f"{role}: from {present.digest}, version {present.version}"
        yield f"{role}:   to {pointer.digest}, version {pointer.version}"
    if generators != LOCAL:
        asyncio.run(await_served(generators, channel, pointer))
        yield f"{role}: {pointer.digest} is served"


def pruned(folder: UPath, keep: int) -> Iterator[str]:
    """Remove all but the weights of each role's last `keep` versions; a line for each removed."""
    for role in roles_of(folder):
        for digest in Channel(folder, role).prune(keep):
            yield f"{role}: removed {digest}"


def listing(folder: UPath) -> Iterator[str]:
    """Every version of every role's weights, a line each, the newest last; * is the present one,
    + the candidate."""
    roles = roles_of(folder)
    if not roles:
        raise BadInput(f"{folder}: no weights; promote a role first")
    yield f"  {'role':<8} {'version':>7}  {'digest':<32}  {'created':<20}  by"
    for role in roles:
        channel = Channel(folder, role)
        present = channel.pointer()
        for pointer in channel.versions():
            yield _line(pointer, "*" if present == pointer else " ", channel)
        if candidate := channel.candidate():
            yield _line(candidate, "+", channel)


def _line(pointer: Pointer, mark: str, channel: Channel) -> str:
    missing = channel.missing(pointer.digest)
    note = f"  {missing} is gone" if missing else ""
    created = f"{pointer.created:%Y-%m-%dT%H:%M:%SZ}"
    made = f"{created}  {pointer.maker}{note}"
    return f"{mark} {pointer.role:<8} {pointer.version:>7}  {pointer.digest}  {made}"
