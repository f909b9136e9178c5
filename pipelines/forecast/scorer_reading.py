"""What it adds to a stage that a reference embedder, the scorer or a guide, reads its samples."""

from dataclasses import replace

from pipelines.forecast import assumptions as known
from pipelines.forecast.machine import is_small
from pipelines.forecast.stage_costs import Forecast, Planner


def with_content(asked: Forecast, planner: Planner, tokens: float, *, model: str = "") -> Forecast:
    """`model`, or the scorer, reads so many tokens as well, on a GPU unless it is small."""
    machine, scorer = planner.machine, model or planner.recipe.models.scorer
    gpu_hours, seconds = machine.work(scorer, tokens * known.READ_OPERATIONS.value, "read")
    if is_small(scorer) and seconds is not None:
        seconds += machine.start(scorer, known.SCORER_STARTS)
        seconds -= machine.start(scorer, known.READING_STARTS)
    if asked.gpu_hours is None or gpu_hours is None:
        gpu_hours = None
    else:
        gpu_hours += asked.gpu_hours
    found = replace(asked, gpu_hours=gpu_hours)
    return found.beside(seconds or 0.0, known.SCORER_STARTS, known.READ_OPERATIONS)
