"""How many GPUs of a placement work on each stage, and how many it holds."""

from pipelines.forecast.stage_gpus import StageGpus
from pipelines.kubeflow.asked_roles import ASKING
from pipelines.kubeflow.placement import TRAINED, Placement, load_placement
from pipelines.recipe.recipe import Recipe
from pipelines.run.stages import STAGES

TRAINS = dict(zip(TRAINED, ("junior", "senior", "revisor", "embedder"), strict=True))
"""The recipe's section of each training."""


def gpus_in(file: str, recipe: Recipe) -> dict[str, StageGpus]:
    """By stage, as the placement in `file` has them; none where there is no file."""
    return placed_gpus(load_placement(file), recipe) if file else {}


def placed_gpus(placement: Placement, recipe: Recipe) -> dict[str, StageGpus]:
    """By stage; one that is not said to have any is left out."""
    found = {stage: _gpus_of(stage, placement, recipe) for stage in STAGES}
    return {stage: each for stage, each in found.items() if each}


def _gpus_of(stage: str, placement: Placement, recipe: Recipe) -> StageGpus | None:
    gpus = placement.gpus_of(stage, recipe)
    if stage in TRAINS:
        over = placement.training.over()
        working = over.used(getattr(recipe, TRAINS[stage]).batch_size)
        return StageGpus(max(1, working), over.count)
    if stage in ASKING:
        served = gpus.get("served", 0)
        return StageGpus(served, served) if served else None
    if stage == "evaluate":
        return StageGpus(min(placement.shards_at_once, recipe.evaluate.shard_count))
    held = gpus.get("pod", 0)
    return StageGpus(1, held) if held else None
