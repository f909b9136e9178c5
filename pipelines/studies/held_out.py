"""Held-out prompts, which no stage saw: new tasks on topics that nothing was trained on."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.kinds import SPECS
from littlegiants.tasks import Prompt, Task
from pipelines.data.prompt_plan import HELD_OUT, prompts_for
from pipelines.data.records import Correction, Preference, Seed
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.steps.brainstorm import tasks_for
from pipelines.topics.topics import choose_topics, unused_topics

MOST_TOPICS = 100
"""More prompts than this vary the tasks that these give."""


def trained_tasks(run: Run) -> Iterator[Task]:
    """What the run's generators learnt to write for."""
    nouns: dict[str, Any] = {"seeds": Seed, "preferences": Preference, "corrections": Correction}
    for name, noun in nouns.items():
        for row in run.rows(noun, name):
            yield row.prompt.task


async def held_out_prompts(work: Work, count: int, *, tasks_a_topic: int = 0) -> list[Prompt]:
    """Prompts of new tasks, on topics that the run did not choose and no training row has.

    With `tasks_a_topic` they are of so many of each topic at most.

    Raises BadInput where no topic is left, or the teacher thought of no task.
    """
    recipe, trained = work.run.recipe, list(trained_tasks(work.run))
    topics, texts = {task.topic for task in trained}, {task.text for task in trained}
    unused = unused_topics(recipe)
    left = [each for each in choose_topics(unused, len(unused), recipe.seed) if each not in topics]
    if not left:
        raise BadInput("topics.source: no topic is left that nothing was trained on; add some")
    tasks = [
        task
        for task in await tasks_for(work, left[: min(count, MOST_TOPICS)], Tally())
        if task.text not in texts or SPECS[task.kind].fixed_task
    ]
    chosen = list(of_each_topic(tasks, tasks_a_topic)) if tasks_a_topic else tasks
    return prompts_for(chosen, count, first=HELD_OUT, recipe=recipe)


def of_each_topic(tasks: Iterable[Task], most: int) -> Iterator[Task]:
    """The first tasks of each topic, at most so many."""
    seen = Counter[str]()
    for task in tasks:
        seen[task.topic] += 1
        if seen[task.topic] <= most:
            yield task
