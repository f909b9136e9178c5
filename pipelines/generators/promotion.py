"""Promotion of weights: files under their digest into the channel, then the pointer."""

import asyncio
import time
from collections.abc import Set
from dataclasses import replace
from pathlib import Path

from upath import UPath

from littlegiants.errors import BadInput, Unavailable
from littlegiants.heartbeat import doing
from littlegiants.replicas import replicas_of
from littlegiants.weights_pointer import Pointer, PromotedBy
from pipelines.generators.kserve import SCHEME
from pipelines.generators.kserve import address_of as kserve_address_of
from pipelines.generators.listening import Handshakes
from pipelines.generators.replicas import State, state_of
from pipelines.generators.weights_channel import Channel
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.step_progress import say
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.store import is_local
from pipelines.tracking.entries import recipe_digest

POINTER = "weights/{role}/current.json"
SERVE_LIMIT_S = 1800
ASK_INTERVAL_S = 5
FIRST_INTERVAL_S = 0.25
"""Doubled until it is the other: small weights are served in a second, large ones in minutes."""


def channel(run: Run, role: str) -> Channel:
    """The weights of `role` in the run's channel."""
    return Channel(run.folder / "weights", role)


def weights_url(run: Run) -> str:
    """The channel as a generator is told of it."""
    return told(run.folder / "weights")


def release_channel(work: Work, role: str) -> Channel:
    """Where a step promotes `role` to: the channel that it is told, else the run's own."""
    run = work.run
    by = PromotedBy(run=told(run.folder), recipe=recipe_digest(run.recipe), stage=work.name)
    return Channel(UPath(work.channel) if work.channel else run.folder / "weights", role, by)


def keep_pointer(run: Run, weights: Channel, pointer: Pointer) -> None:
    """Have the run's later stages ask for what `pointer` names, also where that is elsewhere."""
    place = told(weights.folder)
    if place != weights_url(run):
        kept = pointer.model_copy(update={"channel": place})
        path = run.folder / POINTER.format(role=weights.role)
        write_whole(path, kept.model_dump_json())


def told(folder: UPath) -> str:
    """A folder as another program is told of it."""
    return str(folder.absolute()) if is_local(folder) else str(folder)


def is_promoted(work: Work, role: str) -> bool:
    """Whether the last promotion went to the channel and the generators that are asked for now.

    And its weights are there: in a version, whoever made it, and whatever was promoted since.
    """
    weights, detail = (
        release_channel(work, role),
        (work.run.stage(work.name) or {}).get("detail", {}),
    )
    place, digest = told(weights.folder), detail.get("weights", "")
    if (detail.get("channel"), detail.get("generators")) != (place, work.generators):
        return False
    is_own = place == weights_url(work.run)
    return weights.holds(digest) and (is_own or current_digest(work.run, role) == digest)


def current_digest(run: Run, role: str) -> str:
    """Digest of the weights that `role` shall serve.

    Raises BadInput when nothing was promoted yet.
    """
    return promoted(run, role)[1].digest


def promoted(run: Run, role: str) -> tuple[Channel, Pointer]:
    """The channel that the run has promoted `role` into, and the version it asks for.

    Raises BadInput when nothing was promoted yet.
    """
    own = channel(run, role)
    pointer = own.pointer()
    if pointer is None:
        raise BadInput(f"{run.folder / POINTER.format(role=role)}: not there; promote {role} first")
    return (replace(own, folder=UPath(pointer.channel)) if pointer.channel else own), pointer


def promote_weights(run: Run, role: str, folder: Path) -> Pointer:
    """Put the model in `folder` into the channel and point `role` to it."""
    weights = channel(run, role)
    return weights.point_to(weights.put(folder))


def address_of(generators: str, role: str) -> str:
    """The address of `role` in a template with {role}, or in a list role=address,role=address.

    Raises BadInput when there is none.
    """
    if generators.startswith(SCHEME):
        return kserve_address_of(generators, role)
    if "{role}" in generators:
        return generators.format(role=role)
    listed = _listed(generators)
    if not listed.get(role):
        raise BadInput(
            f"generators: no address of {role} in {generators!r}; write an address with {{role}} "
            "in it, as dns:///{role}:50051, or junior=ADDRESS,senior=ADDRESS,revisor=ADDRESS"
        )
    return listed[role]


def base_of(generators: str) -> str:
    """The model that the roles are adapters of, where a list of addresses says base=MODEL."""
    return _listed(generators).get("base", "")


def _listed(generators: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in generators.split(","))


async def await_served(generators: str, weights: Channel, pointer: Pointer) -> None:
    """Wait until every generator at its place serves what `pointer` names.

    Raises BadInput as soon as one refuses it: then `weights` points again to what that one serves;
    when other weights were pointed to since; and when TLS keeps the caller out.
    Raises Unavailable when half an hour is over.
    """
    address, role = address_of(generators, weights.role), weights.role
    started, told, interval_s = time.monotonic(), "", FIRST_INTERVAL_S
    handshakes = Handshakes()
    with doing(lambda: told):
        while time.monotonic() - started < SERVE_LIMIT_S:
            states = [await state_of(replica) for replica in await replicas_of(address)]
            for state in states:
                if state.refuses(pointer):
                    raise BadInput(f"{role}: {state.refusal}; {_put_back(weights, pointer, state)}")
            if is_served(weights, pointer, {state.digest for state in states}):
                return
            check_stands(weights, pointer)
            if not any(state.digest for state in states):
                await handshakes.check(address)
            served = ", ".join(f"{state.address}: {state.digest or 'nothing'}" for state in states)
            line = f"waiting for {pointer.digest}; served now: {served or 'nowhere'}"
            if line != told:
                say(role, told := line)
            await asyncio.sleep(min(interval_s, ASK_INTERVAL_S))
            interval_s *= 2
    raise Unavailable(
        f"{role}: {address} did not follow the pointer to {pointer.digest}; see its log"
    )


def is_served(weights: Channel, pointer: Pointer, digests: Set[str]) -> bool:
    """Whether all serve what `pointer` names, but for canaries, which serve the candidate."""
    if digests == {pointer.digest}:
        return True
    candidate = weights.candidate() if pointer.digest in digests else None
    return candidate is not None and digests == {pointer.digest, candidate.digest}


def check_stands(weights: Channel, pointer: Pointer) -> None:
    """Raise BadInput when others than `pointer` names are to be served by now."""
    live = weights.pointer()
    if live and live.digest != pointer.digest:
        raise BadInput(
            f"{weights.role}: version {pointer.version} ({pointer.digest}) was replaced by version "
            f"{live.version} ({live.digest}, {live.maker}) in {weights.folder}; to go on with it: "
            f"python -m pipelines rollback --channel {weights.folder} --role {weights.role} "
            f"--to {pointer.digest}"
        )


def _put_back(weights: Channel, pointer: Pointer, state: State) -> str:
    """Point to what is served, and tell of it; what nobody put there cannot be pointed to."""
    if weights.missing(state.digest):
        return "mend the weights and promote them again"
    back = weights.point_to(state.digest, instead_of=pointer)
    if back.digest != state.digest:
        return "mend the weights and promote them again"
    return f"version {back.version} points to {back.digest} again; mend the others and promote them"
