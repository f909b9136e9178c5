"""The commands `rollback` and `weights`: point a role's weights back, and show what there is."""

import asyncio
from collections.abc import Iterator

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.weights import Pointer
from pipelines.cli.step_flags import LOCAL
from pipelines.generators.promotion import await_served
from pipelines.generators.weights_channel import Channel, roles_of


def roll_back(run: str, role: str, *, to: str, generators: str) -> Iterator[str]:
    """Point `role` of the run at its weights before, or at those `to`; lines that tell of it.

    Raises BadInput when these are not there or are refused, Unavailable when the generators do not
    follow.
    """
    channel = Channel(UPath(run) / "weights", role)
    present = channel.pointer()
    if present is None:
        raise BadInput(f"{channel.folder}: no weights of {role}; see `weights --run {run}`")
    pointer = channel.roll_back(to)
    if pointer == present:
        yield f"{role}: points to {present.digest} already, version {present.version}"
    else:
        yield f"{role}: from {present.digest}, version {present.version}"
        yield f"{role}:   to {pointer.digest}, version {pointer.version}"
    if generators != LOCAL:
        asyncio.run(await_served(generators, channel, pointer))
        yield f"{role}: {pointer.digest} is served"


def pruned(run: str, keep: int) -> Iterator[str]:
    """Remove all but the weights of each role's last `keep` versions; a line for each removed."""
    folder = UPath(run) / "weights"
    for role in roles_of(folder):
        for digest in Channel(folder, role).prune(keep):
            yield f"{role}: removed {digest}"


def listing(run: str) -> Iterator[str]:
    """Every version of every role's weights, a line each, the newest last; * is the present one."""
    folder = UPath(run) / "weights"
    roles = roles_of(folder)
    if not roles:
        raise BadInput(f"{folder}: no weights; promote a role first")
    yield f"  {'role':<8} {'version':>7}  {'digest':<32}  {'created':<20}"
    for role in roles:
        channel = Channel(folder, role)
        present = channel.pointer()
        for pointer in channel.versions():
            yield _line(pointer, present == pointer, channel.missing(pointer.digest))


def _line(pointer: Pointer, is_present: bool, missing: str) -> str:
    mark, note = "*" if is_present else " ", f"  {missing} is gone" if missing else ""
    created = f"{pointer.created:%Y-%m-%dT%H:%M:%SZ}"
    return f"{mark} {pointer.role:<8} {pointer.version:>7}  {pointer.digest}  {created}{note}"
