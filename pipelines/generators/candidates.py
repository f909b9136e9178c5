"""The candidate of a role: weights that canaries serve to a share of the calls, not live yet."""

from collections.abc import Iterator
from pathlib import Path

from littlegiants.errors import BadInput
from littlegiants.weights_pointer import Pointer, candidate_path
from pipelines.generators.weights_channel import Channel
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.store import Store


def offer(channel: Channel, *, model: str = "", to: str = "") -> Iterator[str]:
    """Make the model in a folder, or weights that the channel has, its candidate; says so.

    Raises BadInput when nothing is live yet, or the weights are not there.
    """
    live = channel.pointer()
    if live is None:
        raise BadInput(f"{channel.folder}: no {channel.role} is live; promote one first")
    digest = channel.put(Path(model)) if model else to
    if missing := channel.missing(digest):
        raise BadInput(
            f"{channel.role}: {missing} of weights {digest or '(none named)'} is not in "
            f"{channel.folder}; name a digest that `weights` lists with --to, or a --model"
        )
    pointer = live.model_copy(update={"digest": digest, "previous": live.digest, "by": channel.by})
    write_whole(channel.folder / candidate_path(channel.role), pointer.model_dump_json())
    yield f"{channel.role}: canaries serve {digest}, all others {live.digest}"


def finish(channel: Channel) -> Iterator[str]:
    """Make the candidate live; raises BadInput when there is none."""
    candidate = offered(channel)
    pointer = channel.roll_back(candidate.digest)
    _remove(channel)
    yield f"{channel.role}: {pointer.digest} is live, version {pointer.version}"


def withdraw(channel: Channel) -> Iterator[str]:
    """Have canaries serve what is live; raises BadInput when there is no candidate."""
    candidate = offered(channel)
    _remove(channel)
    yield f"{channel.role}: {candidate.digest} is no candidate any more"


def offered(channel: Channel) -> Pointer:
    """The candidate; raises BadInput when there is none."""
    candidate = channel.candidate()
    if candidate is None:
        raise BadInput(f"{channel.folder}: {channel.role} has no candidate; offer one first")
    return candidate


def _remove(channel: Channel) -> None:
    Store(channel.folder).delete(candidate_path(channel.role))
