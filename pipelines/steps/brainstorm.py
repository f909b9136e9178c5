"""Topics in, one task each out."""

import re
from collections.abc import Collection, Sequence

from littlegiants.errors import Unparsable
from littlegiants.kinds import SPECS, Kind
from littlegiants.parsing import parse_tasks
from littlegiants.prompts import brainstorm_prompt
from littlegiants.samples import tasks_schema
from littlegiants.tasks import Task, digest
from littlegiants.topics import choose_topics, read_topics, shipped_topics
from pipelines.allocation import kinds_for
from pipelines.asking import ask_all
from pipelines.examples import read_examples, task_shots
from pipelines.nouns import Seed
from pipelines.plan import keep_plan
from pipelines.questions import Question
from pipelines.recipe import Recipe
from pipelines.run import Tally
from pipelines.stage import Step, Work, main
from pipelines.step_flags import FolderSettings, TeacherSettings

SENTENCE = re.compile(r"[A-Z][^\W\d_]*(?:[ ,;:'\u2019\"()/-]+\w+)+[.)\"]{0,2}")
"""Words with the usual marks between them: no lists, links, symbols or several sentences."""


class BrainstormSettings(TeacherSettings, FolderSettings):
    """Choose topics, give each a kind, and let the teacher think of one task for each.

    python -m pipelines.steps.brainstorm --run runs/demo --teacher openai --set topics.count=100
    """


async def brainstorm(work: Work) -> Tally:
    """Write `data/tasks.jsonl`; semantic similarity has one fixed task and costs no call."""
    recipe = work.run.recipe
    keep_plan(work.run, work.teacher)
    tally = Tally(in_count=recipe.topics.count)
    tasks = await tasks_for(work, chosen_topics(recipe), tally)
    tally.out_count = len(tasks)
    tally.detail["kinds"] = {kind: sum(task.kind == kind for task in tasks) for kind in Kind}
    work.run.write("tasks", tasks)
    return tally


def all_topics(recipe: Recipe) -> list[str]:
    """Every path that the recipe's source has."""
    source = recipe.topics.source
    return list(shipped_topics() if source == "shipped" else read_topics(source))


def chosen_topics(recipe: Recipe) -> list[str]:
    """The topics that get a task."""
    return list(choose_topics(all_topics(recipe), recipe.topics.count, recipe.seed))


async def tasks_for(work: Work, topics: Sequence[str], tally: Tally) -> list[Task]:
    """One task for each topic, but for those on which the teacher failed (counted)."""
    recipe = work.run.recipe
    kinds = kinds_for(topics, recipe)
    asked = {topic: kind for topic, kind in kinds.items() if SPECS[kind].fixed_task is None}
    texts = await _brainstormed(work, asked, tally)
    tasks = []
    for topic, kind in kinds.items():
        text = SPECS[kind].fixed_task or texts.get(topic)
        if text:
            tasks.append(Task(kind, topic, text, recipe.language))
    return tasks


async def _brainstormed(work: Work, kinds: dict[str, Kind], tally: Tally) -> dict[str, str]:
    examples = read_examples(Seed, work.run.recipe.examples.seeds)
    questions = [
        question_for(topic, kind, examples, work.run.recipe) for topic, kind in kinds.items()
    ]
    answers = await ask_all(work, questions, tally)
    texts: dict[str, str] = {}
    for topic, question, answer in zip(kinds, questions, answers, strict=True):
        shown = {text.casefold() for turn in question.shots for text in parse_tasks(turn.answer)}
        used = shown | {text.casefold() for text in texts.values()}
        try:
            texts[topic] = first_usable(parse_tasks(answer.written()), used)
        except Unparsable as error:
            tally.drop(error.reason)
    return texts


def question_for(topic: str, kind: Kind, examples: Sequence[Seed], recipe: Recipe) -> Question:
    """Asks for tasks on `topic`, after example turns that differ from topic to topic."""
    count, seed = recipe.brainstorm.list_length, int(digest([recipe.seed, topic]), 16) % 2**31
    shots = task_shots(kind, examples, recipe.brainstorm.shots, seed=seed)
    prompt = brainstorm_prompt(topic, kind, count=count)
    return Question(prompt, tasks_schema(count), seed=seed, shots=shots)


def first_usable(tasks: Sequence[str], used: Collection[str] = ()) -> str:
    """The first task that reads as a sentence of 4 to 30 words and is not in `used` (lower case).

    Raises Unparsable: `repeated_task` when a sentence was there but used, else `no_usable_task`.
    """
    sentences = [
        task for task in tasks if SENTENCE.fullmatch(task) and 4 <= len(task.split()) <= 30
    ]
    if not sentences:
        raise Unparsable("no_usable_task")
    fresh = [task for task in sentences if task.casefold() not in used]
    if not fresh:
        raise Unparsable("repeated_task")
    return fresh[0]


SECTIONS = ("topics", "brainstorm", "teacher", "shares", "models.teacher", "examples.seeds")

STEP = Step(
    title=lambda settings: "brainstorm",
    settings=BrainstormSettings,
    sections=lambda settings: SECTIONS,
    reads=lambda settings: (),
    writes=lambda settings: ("data/tasks.jsonl",),
    body=brainstorm,
)

if __name__ == "__main__":
    main(STEP)
