"""What a promotion takes where weights are served already: both sets write, a judge compares."""

from dataclasses import replace

from littlegiants.kinds import SPECS
from pipelines.cli.step_flags import RECORDED
from pipelines.forecast.stage_costs import Forecast, Planner
from pipelines.forecast.table import summed
from pipelines.forecast.token_lengths import Texts
from pipelines.recipe.promotion_section import HELD_OUT_TASKS
from pipelines.recipe.recipe import Recipe

FIRST = "junior"
"""The role whose promotion pays for the held-out tasks that all of them use."""
ORDERS = 2
NOTE = "where weights are served already; a run's first promotions ask nothing"


def with_trial(promoted: Forecast, planner: Planner, texts: Texts, role: str) -> Forecast:
    """`promoted` with the most that the recipe's gates ask for: what is invalid is not judged."""
    recipe, stage = planner.recipe, promoted.stage
    if recipe.promotion.gates is None:
        return promoted
    count = recipe.promotion.prompt_count
    is_judged = recipe.promotion.judge == "teacher" and planner.place != RECORDED
    calls = ORDERS * count if is_judged else 0
    judged = planner.asked(stage, calls, texts.judge_prompt(2), texts.judgement)
    thought = planner.asked(
        stage, _thought(recipe) if role == FIRST else 0, texts.brainstorm_prompt, texts.tasks
    )
    text = texts.revision if role == "revisor" else texts.sample
    written = [planner.written(stage, count, text) for _ in range(2)]
    total = summed([promoted, judged, thought, *written])
    used = dict.fromkeys(line for each in (promoted, judged, *written) for line in each.assumptions)
    return replace(total, stage=stage, items=promoted.items, assumptions=(*used, NOTE))


def _thought(recipe: Recipe) -> float:
    """Calls for held-out tasks; a kind whose task is fixed needs none."""
    if recipe.promotion.tasks != HELD_OUT_TASKS:
        return 0
    asked = sum(share for kind, share in recipe.shares.items() if not SPECS[kind].fixed_task)
    return recipe.promotion.prompt_count * asked / sum(recipe.shares.values())
