"""Held-out prompts, which no stage of a run saw: new tasks on topics that it did not choose."""

from collections.abc import Iterator

from littlegiants.tasks import Prompt
from pipelines.data.prompt_plan import HELD_OUT, prompts_for
from pipelines.recipe.recipe import Recipe
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.steps.brainstorm import tasks_for
from pipelines.topics.topics import choose_topics, unused_topics


def too_few_topics(recipe: Recipe, count: int) -> Iterator[str]:
    """Why there cannot be `count` held-out prompts, each of another topic."""
    found = len(unused_topics(recipe))
    if found < count:
        yield f"prompt-count: {count} of {found} topics that the run did not choose; ask for fewer"


async def held_out_prompts(work: Work, count: int) -> list[Prompt]:
    """Prompts of new tasks on topics that the run did not choose."""
    recipe = work.run.recipe
    topics = choose_topics(unused_topics(recipe), count, recipe.seed)
    tasks = await tasks_for(work, list(topics), Tally())
    return prompts_for(tasks, count, first=HELD_OUT, recipe=recipe)
