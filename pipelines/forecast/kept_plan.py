"""The forecast that a run is started with, kept in its folder to be compared with what came."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from littlegiants.tasks import digest
from pipelines.forecast.machine import Machine
from pipelines.forecast.plan import MACHINE, plan
from pipelines.recipe.recipe import Recipe, resolved
from pipelines.run.folder import Run
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.store import is_local

FILE = "plan.json"


def keep_plan(
    run: Run, place: str, machine: Callable[[Recipe], Machine] = lambda recipe: MACHINE
) -> None:
    """Write the forecast into the run when it starts; one of the same recipe stays as it was."""
    path, key = run.folder / FILE, digest([resolved(run.recipe), place])
    if path.exists() and json.loads(path.read_text(encoding="utf-8")).get("key") == key:
        return
    here, local = machine(run.recipe), is_local(run.folder)
    stages = [asdict(each) for each in plan(run.recipe, place, here, is_local=local)]
    told_plan = {"key": key, "teacher": place, **asdict(here), "stages": stages}
    write_whole(path, json.dumps(told_plan, indent=1))


def plan_of(run: Run) -> dict[str, Any] | None:
    """The forecast that the run was started with."""
    path = run.folder / FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
