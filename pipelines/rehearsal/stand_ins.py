"""Models and tasks that stand in for a recipe's own, each with where its form comes from."""

import multiprocessing
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from littlegiants.errors import LittleGiantsError
from pipelines.models.model_folders import CONVERTED
from pipelines.recipe.recipe import Recipe
from pipelines.rehearsal.scaled import Stand
from pipelines.step_progress import say
from pipelines.topics.topics import given_topics, is_grown

NAME = "rehearse"
ROOTS = 4
SHIPPED = {"smollm2": "shipped:smollm2-135m-instruct", "bert": "shipped:all-minilm-l6-v2"}
"""Families whose smallest model comes in a package."""
FAMILIES = {
    "llama-3": r"llama-?3",
    "mistral": r"mistral|mixtral|zephyr|llama-?2|tinyllama",
    "qwen": r"qwen|qwq",
    "gpt-2": r"gpt-?2",
    "pythia": r"pythia|gpt-?neox",
    "smollm2": r"smollm",
    "bert": r"bert|bge|minilm|e5-(?:small|base|large)|gte-(?:small|base|large)",
}
"""Patterns in lower case, tried in this order."""
NEAREST_WRITER, NEAREST_READER = "smollm2", "bert"
INSTRUCTED = re.compile(r"instruct|chat|-it\b", re.IGNORECASE)
"""Of a name whose model brings a chat template."""


@dataclass(frozen=True, slots=True)
class StandIns:
    """The stand-ins, and a line on each."""

    stand: Stand
    notes: Sequence[str]
    has_hub: bool


def stand_ins(recipe: Recipe, folder: Path) -> StandIns:
    """Make them in `folder`, in a process that gives its memory back."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(make, recipe, folder).result()


def make(recipe: Recipe, folder: Path) -> StandIns:
    """As `stand_ins`, here."""
    from pipelines.models.hub import go_offline_without_hub

    has_hub = go_offline_without_hub()
    from pipelines.evaluation.smallest_tasks import smallest_tasks

    named = recipe.models.model_dump() | {"teacher": recipe.models.generator}
    made: dict[tuple[str, bool], Path] = {}
    told: list[str] = []
    for role, reference in named.items():
        writes = role != "scorer"
        if (reference, writes) not in made:
            made[reference, writes], how = tiny_model(reference, folder, writes=writes)
            told.append(f"{reference}: {how}")
            say(NAME, told[-1])
    say(NAME, f"opens {', '.join(recipe.evaluate.tasks)}")
    tasks, more = smallest_tasks(recipe.evaluate.tasks, folder / "tasks")
    models = {role: str(made[name, role != "scorer"]) for role, name in named.items()}
    return StandIns(Stand(models, tasks, few_roots(recipe, folder)), (*told, *more), has_hub)


def few_roots(recipe: Recipe, folder: Path) -> str:
    """A file with the first roots that topics grow from; empty where they are given."""
    if not is_grown(recipe):
        return ""
    path = folder / "roots.txt"
    path.write_text("\n".join(given_topics(recipe)[:ROOTS]), "utf-8")
    return str(path.absolute())


def tiny_model(reference: str, folder: Path, *, writes: bool) -> tuple[Path, str]:
    """A tiny random model in place of `reference`, and how it came about."""
    from pipelines.models.tiny_models import own_files, tiny_of_family, tiny_of_folder

    out = (folder / re.sub(r"\W+", "-", reference)).absolute()
    try:
        return tiny_of_folder(own_files(reference, CONVERTED), out), "its own config and tokenizer"
    except LittleGiantsError as error:
        family, why = family_of(reference, writes=writes), str(error)
    if family in SHIPPED:
        tiny_of_folder(own_files(SHIPPED[family], CONVERTED), out)
    else:
        tiny_of_family(family, out, has_template=is_instructed(reference))
    return out, f"in the form of {family}, for {why}"


def family_of(reference: str, *, writes: bool) -> str:
    """The family of a model that writes, or of one that only reads; the nearest if unknown."""
    name = reference.lower()
    for family, pattern in FAMILIES.items():
        if re.search(pattern, name):
            return family
    return NEAREST_WRITER if writes else NEAREST_READER


def is_instructed(reference: str) -> bool:
    """Whether its name says that it was taught to chat."""
    return bool(INSTRUCTED.search(reference))
