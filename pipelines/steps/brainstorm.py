"""Topics in, one task each out."""

import asyncio
import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache

from littlegiants.errors import Unparsable
from littlegiants.kinds import SPECS, Kind
from littlegiants.parsing import parse_tasks
from littlegiants.prompts import brainstorm_prompt
from littlegiants.samples import tasks_schema
from littlegiants.tasks import Task, digest
from pipelines.chat_api.questions import Answer, Question
from pipelines.cli.step_flags import FolderSettings, StepSettings, TeacherSettings
from pipelines.data.examples import Turn, drawn_turns, read_examples, task_turns
from pipelines.data.own_templates import own_templates
from pipelines.data.prompt_plan import kinds_for
from pipelines.data.records import Seed
from pipelines.forecast.kept_plan import keep_plan
from pipelines.models.model_folders import resolve_model
from pipelines.preflight.preflight import preflight_of
from pipelines.recipe.recipe import Recipe, load_recipe
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.teacher.ask import ask_all
from pipelines.topics.growth import NAME as GROWTH
from pipelines.topics.growth import grown_topics
from pipelines.topics.near_texts import FreshTexts
from pipelines.topics.task_texts import usable, wording
from pipelines.topics.topics import choose_topics, given_topics, is_grown


class BrainstormSettings(TeacherSettings, FolderSettings):
    """Choose topics, give each a kind, and let the teacher think of one task for each.

    python -m pipelines.steps.brainstorm --run runs/demo --teacher openai --set topics.count=100
    """


async def brainstorm(work: Work) -> Tally:
    """Write `data/tasks.jsonl`; semantic similarity has one fixed task and costs no call."""
    recipe = work.run.recipe
    await asyncio.to_thread(preflight_of, work, stages=(GROWTH, work.name))
    keep_plan(work.run, work.teacher)
    tally = Tally(in_count=recipe.topics.count)
    topics = await topics_of(work)
    tasks = told_apart(work, await tasks_for(work, topics, tally), tally)
    tally.out_count = len(tasks)
    tally.detail["kinds"] = {kind: sum(task.kind == kind for task in tasks) for kind in Kind}
    work.run.write("tasks", tasks)
    return tally


async def topics_of(work: Work) -> list[str]:
    """The topics that get a task: chosen, or grown."""
    recipe = work.run.recipe
    if is_grown(recipe):
        return await grown_topics(work, given_topics(recipe))
    return choose_topics(given_topics(recipe), recipe.topics.count, recipe.seed)


async def tasks_for(work: Work, topics: Sequence[str], tally: Tally) -> list[Task]:
    """Tasks for each topic, but for those on which the teacher failed (counted)."""
    recipe = work.run.recipe
    kinds = kinds_for(topics, recipe)
    asked = {topic: kind for topic, kind in kinds.items() if SPECS[kind].fixed_task is None}
    texts = await _brainstormed(work, asked, tally)
    return [
        Task(kind, topic, text, recipe.language)
        for topic, kind in kinds.items()
        for text in (texts.get(topic, ()) if topic in asked else _fixed(kind))
    ]


def told_apart(work: Work, tasks: Sequence[Task], tally: Tally) -> list[Task]:
    """Those whose text is not near another one's of its kind, as the scorer sees it."""
    recipe = work.run.recipe
    if recipe.brainstorm.most_alike >= 1:
        return list(tasks)
    from pipelines.models.encoded import ShortTexts

    reference = ShortTexts(resolve_model(recipe.models.scorer, work.models))
    kept = set[Task]()
    for kind in Kind:
        own = [task for task in tasks if task.kind == kind]
        fresh = FreshTexts(reference.vectors, recipe.brainstorm.most_alike)
        is_new = fresh.kept([task.text for task in own])
        is_fixed = SPECS[kind].fixed_task is not None
        kept |= {task for task, new in zip(own, is_new, strict=True) if new or is_fixed}
    tally.dropped["near_equal_task"] += len(set(tasks) - kept)
    return [task for task in tasks if task in kept]


def _fixed(kind: Kind) -> tuple[str, ...]:
    text = SPECS[kind].fixed_task
    return (text,) if text else ()


async def _brainstormed(
    work: Work, kinds: Mapping[str, Kind], tally: Tally
) -> dict[str, Sequence[str]]:
    recipe, own = work.run.recipe, own_templates(work.run.recipe).get("brainstorm", "")
    examples = read_examples(Seed, recipe.examples.seeds)
    turns = {kind: task_turns(kind, examples, own=own) for kind in Kind}
    questions = [
        question_for(topic, kind, turns[kind], recipe, own=own) for topic, kind in kinds.items()
    ]
    answers = await ask_all(
        work, questions, tally, lambda index, answer: fresh_tasks(questions[index], answer)
    )
    asked = zip(questions, answers, strict=True)
    kept = usable_of_each(asked, recipe.brainstorm.tasks_per_topic, tally)
    return dict(zip(kinds, kept, strict=True))


def usable_of_each(
    asked: Iterable[tuple[Question, Answer]], count: int, tally: Tally
) -> Iterator[Sequence[str]]:
    """`count` usable tasks of each answer, none twice; why there is none is counted."""
    used: set[str] = set()
    for question, answer in asked:
        found: Sequence[str] = ()
        try:
            found = fresh_tasks(question, answer, used, count=count)
        except Unparsable as error:
            tally.drop(error.reason)
        used.update(map(wording, found))
        yield found


def fresh_tasks(
    question: Question, answer: Answer, used: Collection[str] = (), *, count: int = 1
) -> list[str]:
    """`count` usable tasks of an answer, drawn: a writer's first is its most usual.

    No example of its question is among them. Raises Unparsable with the reason why there is none.
    """
    shown = {wording(text) for turn in question.shots for text in shown_tasks(turn.answer)}
    tasks = parse_tasks(answer.written())
    drawn = random.Random(question.seed).sample(tasks, len(tasks))
    return usable(drawn, used, shown, count=count)


def question_for(
    topic: str, kind: Kind, turns: Sequence[Turn], recipe: Recipe, *, own: str = ""
) -> Question:
    """Asks for tasks on `topic`, after example turns that differ from topic to topic."""
    count, seed = recipe.brainstorm.list_length, int(digest([recipe.seed, topic]), 16) % 2**31
    shots = drawn_turns(turns, recipe.brainstorm.shots, seed=digest([seed, kind]))
    prompt = brainstorm_prompt(topic, kind, count=count, own=own)
    return Question(prompt, tasks_schema(count), seed=seed, shots=shots)


@cache
def shown_tasks(answer: str) -> list[str]:
    """The tasks of an example turn."""
    return parse_tasks(answer)


SECTIONS = ("topics", "brainstorm", "teacher", "shares", "models.teacher", "examples.seeds")


def sections_of(settings: StepSettings) -> Sequence[str]:
    """What decides the outcome: the scorer too where it tells grown topics or tasks apart."""
    recipe = load_recipe(settings.recipe, settings.changes)
    is_asked = is_grown(recipe) or recipe.brainstorm.most_alike < 1
    return (*SECTIONS, "models.scorer") if is_asked else SECTIONS


STEP = Step(
    title=lambda settings: "brainstorm",
    settings=BrainstormSettings,
    sections=sections_of,
    reads=lambda settings: (),
    writes=lambda settings: ("data/tasks.jsonl",),
    body=brainstorm,
)

if __name__ == "__main__":
    main(STEP)
