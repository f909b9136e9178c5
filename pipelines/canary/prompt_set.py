"""The canary's prompts: no training sees them, and every promotion of a run is asked the same."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.tasks import Prompt, Task, digest
from pipelines.data.examples import example_path
from pipelines.data.prompt_plan import HELD_OUT, prompts_for
from pipelines.data.records import Draft, records_of
from pipelines.recipe.promotion_section import HELD_OUT_TASKS
from pipelines.run.step import Work
from pipelines.storage.claims import claimed
from pipelines.topics.topics import choose_topics, unused_topics

NAME = "canary"
LEAST = 10
"""Prompts; of fewer nothing could be told."""
Think = Callable[[Work, Sequence[str]], Awaitable[Sequence[Task]]]
"""New tasks on topics, by the teacher."""


@dataclass(frozen=True, slots=True)
class CanarySet:
    """Held-out prompts; `digest` is that of the frozen file that they are of."""

    prompts: Sequence[Prompt]
    digest: str
    drafts: Sequence[Draft] = ()
    """Samples for the same prompts, for revisors to mend."""


async def canary_set(work: Work, think: Think) -> CanarySet:
    """The prompts in the run's `data/canary.jsonl`, which is written once and never again.

    One whose task the run has come to use since then is left out. Raises BadInput when too few
    are left.
    """
    run = work.run
    with claimed(run.folder, NAME):
        if not run.path(NAME).exists():
            tasks = await _tasks(work, think)
            count = run.recipe.promotion.prompt_count
            run.write(NAME, prompts_for(tasks, count, first=HELD_OUT, recipe=run.recipe))
    frozen = run.read(Prompt, NAME)
    used = set(run.read(Task, "tasks"))
    prompts = [prompt for prompt in frozen if prompt.task not in used]
    if len(prompts) < LEAST:
        raise BadInput(
            f"promotion: {len(prompts)} held-out prompts, at least {LEAST} are needed; name a file "
            "of other tasks in promotion.tasks, or topics that the run has not chosen"
        )
    return CanarySet(prompts, digest([prompt.id for prompt in frozen]))


async def _tasks(work: Work, think: Think) -> Sequence[Task]:
    recipe, used = work.run.recipe, set(work.run.read(Task, "tasks"))
    source = recipe.promotion.tasks
    if source != HELD_OUT_TASKS:
        found = records_of(Task, UPath(example_path(source)))
        return [task for task in found if task not in used]
    topics = unused_topics(recipe)
    count = min(len(topics), recipe.promotion.prompt_count)
    chosen = choose_topics(topics, count, recipe.seed) if topics else []
    return await think(work, chosen)
