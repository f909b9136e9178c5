"""The GPUs that a placement gives to each stage, and what a run takes with them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipelines.forecast.machine import Machine
from pipelines.forecast.plan import plan
from pipelines.forecast.stage_costs import Forecast
from pipelines.recipe.recipe import Recipe


@dataclass(frozen=True, slots=True)
class StageGpus:
    """Of one stage: those that work, and those that are paid for as long as it runs.

    `held` is 0 where each part lets go of its own when it has ended.
    """

    working: float
    held: float = 0


def plan_on(
    gpus: Mapping[str, StageGpus], recipe: Recipe, place: str, machine: Machine, *, is_local: bool
) -> list[Forecast]:
    """The plan with these GPUs, and with `machine`'s where a stage is not named."""
    counts = {machine.gpu_count, *(each.working for each in gpus.values())}
    plans = {
        count: plan(recipe, place, replace(machine, gpu_count=count), is_local=is_local)
        for count in counts
    }
    found = {count: {each.stage: each for each in stages} for count, stages in plans.items()}
    usual = StageGpus(machine.gpu_count)
    return [
        _held(found[own.working][each.stage], own)
        for each in plans[machine.gpu_count]
        for own in [gpus.get(each.stage, usual)]
    ]


def _held(forecast: Forecast, gpus: StageGpus) -> Forecast:
    """A stage holds its GPUs for all of its time, also those that wait."""
    if not (forecast.gpu_hours and forecast.seconds and gpus.held):
        return forecast
    return replace(forecast, gpu_hours=gpus.held * forecast.seconds / 3600)
