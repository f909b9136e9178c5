"""Held-out prompts are of topics and tasks that nothing of the run was trained on."""

import asyncio

import pytest
from upath import UPath

from littlegiants.kinds import Kind
from littlegiants.tasks import Task
from pipelines.cli.step_flags import TeacherSettings
from pipelines.data.examples import read_examples
from pipelines.data.records import Correction, Preference, Seed
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.studies.held_out import held_out_prompts, of_each_topic, trained_tasks
from pipelines.teacher.recordings import read_recording
from pipelines.topics.topics import unused_topics

RECORDED = read_recording("examples/recorded")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """A run of the laptop recipe whose generators are trained on all that it has."""
    folder = tmp_path_factory.mktemp("run")
    run = Run(UPath(folder), load_recipe("laptop"))
    (folder / "data").mkdir()
    recipe = run.recipe
    run.write("seeds", [*RECORDED.seeds, *read_examples(Seed, recipe.examples.seeds)])
    run.write("preferences", RECORDED.preferences)
    corrections = read_examples(Correction, recipe.examples.corrections)
    run.write("corrections", [*RECORDED.corrections, *corrections])
    settings = TeacherSettings(_cli_parse_args=False, run=str(folder))
    return Work("study-alignment", run, settings)


def test_held_out_prompts_are_of_no_topic_and_no_task_that_was_trained_on(work: Work) -> None:
    prompts = asyncio.run(held_out_prompts(work, 300))
    trained = list(trained_tasks(work.run))
    topics = {prompt.task.topic for prompt in prompts}
    assert len({prompt.id for prompt in prompts}) == len(prompts) == 300
    assert not topics & {task.topic for task in trained}
    assert topics <= unused_topics(work.run.recipe)


def test_the_laptops_recorded_teacher_has_held_out_tasks_of_every_kind(work: Work) -> None:
    prompts = asyncio.run(held_out_prompts(work, 300))
    kinds = {prompt.task.kind for prompt in prompts}
    assert kinds == set(work.run.recipe.shares)
    assert len({prompt.task.text for prompt in prompts}) > 60


def test_prompts_may_be_of_fewer_tasks_of_each_topic() -> None:
    tasks = [Task(Kind.STS, topic, f"{topic} {n}") for topic in "abc" for n in range(3)]
    found = [task.text for task in of_each_topic(tasks, 2)]
    assert found == ["a 0", "a 1", "b 0", "b 1", "c 0", "c 1"]


def test_what_is_trained_on_is_read_from_every_training(work: Work) -> None:
    nouns = {"seeds": Seed, "preferences": Preference, "corrections": Correction}
    rows = [len(work.run.read(noun, name)) for name, noun in nouns.items()]
    assert sum(rows) == len(list(trained_tasks(work.run)))
