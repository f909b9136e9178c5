"""Files and folders that a recipe names: which of them a stage reads, and what is in them now."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from upath import UPath

from littlegiants.errors import BadInput
from pipelines.data.examples import example_path, is_shipped
from pipelines.evaluation.beir import folder_and_split
from pipelines.evaluation.instructions import SHIPPED
from pipelines.evaluation.presets import BEIR, MODULE, file_and_task
from pipelines.recipe.recipe import Recipe
from pipelines.storage.digests import ABSENT, content_digest

NO_FILES = frozenset({"shipped", "grown"})
"""What a field of `topics` may say that is no file's name."""
References = Iterator[tuple[str, str, UPath]]
"""The field, the reference as the recipe has it, and where that lies."""


def named_inputs(recipe: Recipe, sections: Iterable[str]) -> dict[str, UPath]:
    """What the given sections or fields (as `models.scorer`) name: references and their places."""
    wanted = tuple(sections)
    return {
        reference: path
        for section, references in REFERENCES.items()
        for field, reference, path in references(recipe)
        if section in wanted or f"{section}.{field}" in wanted
    }


def input_digests(recipe: Recipe, sections: Iterable[str]) -> dict[str, str]:
    """Digest of each of `named_inputs`.

    Raises BadInput when one is not what it was when the run was started.
    """
    named = named_inputs(recipe, (*sections, "templates"))
    found = {name: content_digest(path) for name, path in named.items()}
    for name, now in found.items():
        if recipe.inputs.get(name, now) != now:
            state = "is gone" if now == ABSENT else "has changed"
            raise BadInput(f"{name}: {state} since the run was started; start or submit it again")
    return found


def with_inputs(recipe: Recipe) -> Recipe:
    """The recipe with the digests of what it names, so far as that can be read from here.

    What comes with the product is left out: it goes with the version, wherever a stage runs.
    """
    named = named_inputs(recipe, REFERENCES).items()
    found = {name: content_digest(path) for name, path in named if not is_shipped(path)}
    there = {name: each for name, each in found.items() if each != ABSENT}
    return recipe.model_copy(update={"inputs": there})


def _templates(recipe: Recipe) -> References:
    if recipe.templates:
        yield "", recipe.templates, UPath(recipe.templates)


def _topics(recipe: Recipe) -> References:
    for field, value in recipe.topics:
        if isinstance(value, str) and value not in NO_FILES:
            yield field, value, UPath(value)


def _examples(recipe: Recipe) -> References:
    for field, places in recipe.examples:
        for place in places:
            yield field, place, UPath(example_path(place))


def _teacher(recipe: Recipe) -> References:
    recording = recipe.teacher.recording
    yield "recording", recording, UPath(example_path(recording))


def _models(recipe: Recipe) -> References:
    for field, reference in recipe.models:
        if reference and Path(reference).is_dir():
            yield field, reference, UPath(reference)


def _embedder(recipe: Recipe) -> References:
    guide = recipe.embedder.guide
    if guide and Path(guide).is_dir():
        yield "guide", guide, UPath(guide)


def _evaluated(recipe: Recipe) -> References:
    if (table := recipe.evaluate.instructions) and table not in SHIPPED:
        yield "instructions", table, UPath(table)
    for task in recipe.evaluate.tasks:
        if task.startswith(BEIR):
            yield "tasks", task, UPath(folder_and_split(task.removeprefix(BEIR))[0])
        elif task.startswith(MODULE):
            yield "tasks", task, UPath(file_and_task(task)[0])


REFERENCES: Mapping[str, Callable[[Recipe], References]] = {
    "templates": _templates,
    "topics": _topics,
    "examples": _examples,
    "teacher": _teacher,
    "models": _models,
    "embedder": _embedder,
    "evaluate": _evaluated,
}
"""By section, what lies outside of the recipe and decides what comes of it."""
