"""Adapters that a run keeps, to be served on the base that they change."""

import shutil
from pathlib import Path

from upath import UPath

from littlegiants.adapters import BASE, base_note, check_adapter, read_base
from littlegiants.errors import BadInput
from pipelines.distributed.world import is_first
from pipelines.models.model_folders import resolve_model
from pipelines.run.step import Work
from pipelines.storage.atomic_writes import copy_whole


def is_served_on_base(work: Work) -> bool:
    """Whether the recipe wants generators to be served as adapters."""
    return work.run.recipe.weights.form == "adapter"


def keep_adapter(work: Work, role: str, *, on: str = "") -> None:
    """Put the trained adapter of `role` into the run, if it is to be served.

    Of many processes the first does, which has written it.

    With `on`, it was trained on that role's merged weights: what is kept is the sum of both.
    Raises BadInput when it breaks a rule of serving.
    """
    if not is_served_on_base(work) or not is_first():
        return
    folder = work.folder / "adapters" / role
    shutil.rmtree(folder, ignore_errors=True)
    trained = work.folder / "training" / role / "adapter"
    if on:
        from pipelines.models.adapter_sum import add_adapters

        add_adapters(local_adapter(work, on), trained, folder)
    else:
        shutil.copytree(trained, folder)
    model = resolve_model(work.run.recipe.models.generator, work.models)
    base = read_base(model)
    (folder / BASE).write_text(base_note(base), "utf-8")
    check_adapter(folder, base)
    for file in folder.iterdir():
        copy_whole(file, kept(work, role) / file.name)


def local_adapter(work: Work, role: str) -> Path:
    """A local folder with the run's adapter of `role`, fetched if need be.

    Raises BadInput when no step has made it yet.
    """
    source = kept(work, role)
    if not source.exists():
        raise BadInput(f"{source}: not there; run the step that trains {role} first")
    folder = work.folder / "adapters" / f"{role}-kept"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in source.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def kept(work: Work, role: str) -> UPath:
    """Where the run keeps the adapter of `role`."""
    return work.run.folder / "adapters" / role
