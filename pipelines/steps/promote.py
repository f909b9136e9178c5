"""A trained generator in, the same generator served, if it holds against the one before."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from upath import UPath

from littlegiants.tasks import Task
from littlegiants.weights import Manifest, manifest_of
from littlegiants.weights_pointer import Pointer, weights_path
from pipelines.canary.trial import trial
from pipelines.canary.verdicts import told_of
from pipelines.cli.exits import KeptOut
from pipelines.cli.step_flags import (
    LOCAL,
    ChannelSettings,
    FolderSettings,
    GeneratorsSettings,
    RoleSettings,
    TeacherSettings,
)
from pipelines.generators.kept_adapters import is_served_on_base, local_adapter
from pipelines.generators.kserve import SCHEME, promote_role
from pipelines.generators.promotion import (
    POINTER,
    await_served,
    check_stands,
    is_promoted,
    keep_pointer,
    release_channel,
    told,
)
from pipelines.generators.weights_channel import Channel
from pipelines.run.kept_models import kept_manifest, local_model
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.step_progress import say
from pipelines.steps.brainstorm import tasks_for
from pipelines.steps.finetune import role_of
from pipelines.steps.report import PAGE, write_pages
from pipelines.storage.atomic_writes import are_in_one_store
from pipelines.storage.promises import require_promises


class PromoteSettings(
    RoleSettings, TeacherSettings, GeneratorsSettings, ChannelSettings, FolderSettings
):
    """Put a model into the weights channel and wait until its generators serve it.

    python -m pipelines.steps.promote --role senior --generators 'dns:///{role}:50051'
    """


async def promote(work: Work) -> Tally:
    """Write `ROLE/DIGEST/` and then `ROLE/current.json` of the channel, and the run's own pointer.

    Raises KeptOut when `promotion.gates` are set and shut: then the pointer stays as it is.
    """
    role = role_of(work.settings)
    weights = release_channel(work, role)
    if work.channel:
        require_promises(weights.folder)
    model, manifest = weights_of(work, weights)
    tally = Tally(in_count=1, out_count=1)
    if is_tried(work, weights, manifest.digest):
        await hold(work, role, model if isinstance(model, Path) else local_model(work, role), tally)
    before, pointer = weights.pointer(), weights.promote(model, manifest)
    if before and before.version < pointer.version:
        say(work.name, f"version {pointer.version}, in place of {before.version} ({before.maker})")
    if work.generators != LOCAL:
        await serve(work.generators, weights, pointer)
    keep_pointer(work.run, weights, pointer)
    place = {"channel": told(weights.folder), "generators": work.generators}
    tally.detail |= {"role": role, "weights": pointer.digest, **place}
    return tally


def weights_of(work: Work, weights: Channel) -> tuple[Path | UPath, Manifest]:
    """What is promoted, and its files: in the run, if its store can copy them, else fetched."""
    role = weights.role
    if is_served_on_base(work):
        folder = local_adapter(work, role)
        return folder, manifest_of(folder)
    kept, manifest = work.run.folder / "models" / role, kept_manifest(work, role)
    if manifest and are_in_one_store(kept, weights.folder):
        return kept, manifest
    folder = local_model(work, role)
    return folder, manifest_of(folder)


async def serve(generators: str, weights: Channel, pointer: Pointer) -> None:
    """Have the generators serve what `pointer` names; raises as `await_served`."""
    check_stands(weights, pointer)
    if generators.startswith(SCHEME):
        uri = f"{told(weights.folder)}/{weights_path(weights.role, pointer.digest)}"
        await asyncio.to_thread(promote_role, generators, weights.role, uri)
    await await_served(generators, weights, pointer)


def is_tried(work: Work, weights: Channel, new: str) -> bool:
    """Whether the recipe wants a trial: there are other weights that are served.

    What is served becomes what the run asks for, until its own are promoted.
    """
    if work.run.recipe.promotion.gates is None:
        return False
    served, own = weights.pointer(), weights.own()
    if served is None or new in (served.digest, own.digest if own else ""):
        return False
    keep_pointer(work.run, weights, served)
    return True


async def hold(work: Work, role: str, folder: Path, tally: Tally) -> None:
    """The weights in `folder` hold against those that are served.

    Raises KeptOut when not; then the report of the unfinished run tells of it.
    """

    async def think(work: Work, topics: Sequence[str]) -> Sequence[Task]:
        asked = Tally()
        tasks = await tasks_for(work, topics, asked) if topics else ()
        tally.teacher = asked.teacher
        tally.detail |= {name: each for name, each in asked.detail.items() if name == "answers"}
        return tasks

    found = await trial(work, role, folder, tally, think=think)
    tally.detail["trial"] = found
    say(work.name, told_of(found))
    if found["failing"]:
        write_pages(work.run, has_ended=False)
        raise KeptOut(
            f"{told_of(found)}; {found['served']} is served on. Train it otherwise, or loosen "
            f"promotion.gates; {work.run.folder / PAGE} has all that was found"
        )


STEP = Step(
    title=lambda settings: f"promote-{role_of(settings)}",
    settings=PromoteSettings,
    sections=lambda settings: ("weights", "promotion"),
    reads=lambda settings: (f"models/{role_of(settings)}", f"adapters/{role_of(settings)}"),
    writes=lambda settings: (POINTER.format(role=role_of(settings)),),
    body=promote,
    stands=lambda work: is_promoted(work, role_of(work.settings)),
)

if __name__ == "__main__":
    main(STEP)
