"""Kubeflow components: thin bodies that call an installed step and return its outputs' digest.

A component's arguments decide its cache key: the recipe, the run and the digests of what it reads.
"""

from collections.abc import Callable
from typing import Any

from kfp import dsl

IMAGE = "littlegiants/pipeline:0.1.0"
TRAINER_IMAGE = "littlegiants/trainer:0.1.0"


def step(image: str) -> Callable[[Callable[..., Any]], Any]:
    """A component in one of our images; nothing is installed when it starts."""
    return dsl.component(base_image=image, install_kfp_package=False)


@step(TRAINER_IMAGE)
def prepare(recipe: str, run: str, teacher: str, generators: str, channel: str) -> str:
    """A look at all that the run needs."""
    from pipelines.steps.prepare import STEP

    places = {"teacher": teacher, "generators": generators, "channel": channel}
    return STEP.call(recipe=recipe, run=run, **places)


@step(IMAGE)
def shards(recipe: str, section: str) -> list[str]:
    """Numbers of the parts that a stage runs in."""
    from pipelines.recipe.recipe import load_recipe

    return [str(shard) for shard in range(getattr(load_recipe(recipe), section).shard_count)]


@step(TRAINER_IMAGE)
def brainstorm(recipe: str, run: str, teacher: str, after: str) -> str:
    """Topics to tasks; a model tells grown topics apart."""
    from pipelines.steps.brainstorm import STEP

    return STEP.call(recipe=recipe, run=run, teacher=teacher)


@step(IMAGE)
def seed(recipe: str, run: str, teacher: str, tasks: str) -> str:
    """Tasks to seeds."""
    from pipelines.steps.seed import STEP

    return STEP.call(recipe=recipe, run=run, teacher=teacher)


@step(TRAINER_IMAGE)
def finetune(recipe: str, run: str, role: str, rows: str) -> str:
    """Seeds to junior, corrections to revisor."""
    from pipelines.steps.finetune import STEP

    return STEP.call(recipe=recipe, run=run, role=role)


@step(TRAINER_IMAGE)
def promote(
    recipe: str, run: str, teacher: str, generators: str, channel: str, role: str, model: str
) -> str:
    """A model to its service; a model may judge whether it is better."""
    from pipelines.steps.promote import STEP

    places = {"teacher": teacher, "generators": generators, "channel": channel}
    return STEP.call(recipe=recipe, run=run, role=role, **places)


@step(IMAGE)
def propose(recipe: str, run: str, generators: str, tasks: str, weights: str) -> str:
    """Tasks to candidates."""
    from pipelines.steps.propose import STEP

    return STEP.call(recipe=recipe, run=run, generators=generators)


@step(TRAINER_IMAGE)
def judge(recipe: str, run: str, teacher: str, candidates: str) -> str:
    """Candidates to preferences."""
    from pipelines.steps.judge import STEP

    return STEP.call(recipe=recipe, run=run, teacher=teacher)


@step(TRAINER_IMAGE)
def align(recipe: str, run: str, preferences: str, junior: str) -> str:
    """Preferences to senior."""
    from pipelines.steps.align import STEP

    return STEP.call(recipe=recipe, run=run)


@step(IMAGE)
def correct(recipe: str, run: str, teacher: str, candidates: str, after: str) -> str:
    """Candidates to corrections."""
    from pipelines.steps.correct import STEP

    return STEP.call(recipe=recipe, run=run, teacher=teacher)


@step(TRAINER_IMAGE)
def synthesize(
    recipe: str, run: str, generators: str, shard: str, tasks: str, senior: str, revisor: str
) -> str:
    """Tasks to drafts, one shard."""
    from pipelines.steps.synthesize import STEP

    return STEP.call(recipe=recipe, run=run, generators=generators, shard=shard)


@step(TRAINER_IMAGE)
def curate(recipe: str, run: str, drafts: list[str]) -> str:
    """Drafts to the data set."""
    from pipelines.steps.curate import STEP

    return STEP.call(recipe=recipe, run=run)


@step(IMAGE)
def review(recipe: str, run: str, gate: str, noun: str) -> str:
    """What a person reads before the run goes on."""
    from pipelines.steps.review import STEP

    return STEP.call(recipe=recipe, run=run, gate=gate)


@step(TRAINER_IMAGE)
def embed(recipe: str, run: str, dataset: str) -> str:
    """The data set to an embedder."""
    from pipelines.steps.embed import STEP

    return STEP.call(recipe=recipe, run=run)


@step(TRAINER_IMAGE)
def evaluate(recipe: str, run: str, shard: str, embedder: str) -> str:
    """An embedder to scores, one part of the tasks."""
    from pipelines.steps.evaluate import STEP

    return STEP.call(recipe=recipe, run=run, shard=shard)


@step(IMAGE)
def report(recipe: str, run: str, scores: list[str], page: dsl.Output[dsl.HTML]) -> str:
    """The parts' scores to one table, and everything to a page that the run's screen shows."""
    from pathlib import Path

    from pipelines.steps.report import STEP, page_of

    digest = STEP.call(recipe=recipe, run=run)
    Path(page.path).write_text(page_of(run), encoding="utf-8")
    return digest
