"""Whether what a run promotes will be taken, and can be tried as its recipe wants."""

from collections.abc import Iterator
from pathlib import Path

from upath import UPath

from littlegiants.adapters import read_base
from littlegiants.errors import BadInput
from littlegiants.tasks import Task
from littlegiants.tensors import tensor_shapes
from pipelines.canary.prompt_set import LEAST
from pipelines.cli.step_flags import LOCAL, RECORDED
from pipelines.data.examples import example_path
from pipelines.data.records import records_of
from pipelines.generators.promotion import address_of, base_of
from pipelines.preflight.findings import Finding, Note, Problem, Start, problem_of
from pipelines.recipe.promotion_section import HELD_OUT_TASKS
from pipelines.topics.topics import unused_topics

ROLES = ("junior", "senior", "revisor")
HUB = "hf:"
"""Before the name of a model of the hub; after it, in URLs, a slash or two."""


def generators_take_the_weights(start: Start) -> Iterator[Finding]:
    """Generators that are said to be adapters of a base are promoted to adapters of that one."""
    base, recipe = base_of(start.generators or LOCAL), start.recipe
    if not base:
        return
    if recipe.weights.form != "adapter":
        yield Problem(
            f"weights.form: is {recipe.weights.form}, and the generators serve all roles as "
            f"adapters of {base}; set weights.form=adapter, or serve each role by itself (the "
            "chart's serving.together: false)"
        )
    wanted = recipe.models.generator
    if _are_hubs(wanted, base) and _name(wanted) != _name(base):
        yield _other_base(wanted, base)


def generators_adapt_the_model(start: Start) -> Iterator[Finding]:
    """Their base and the recipe's model are compared where both are folders of this machine.

    Of others nothing is read: a repository's files need not be a folder's, and a store's would all
    have to be fetched.
    """
    base, wanted = base_of(start.generators or LOCAL), start.recipe.models.generator
    if not base or _are_hubs(wanted, base):
        return
    folders = [Path(each) for each in (wanted, base)]
    if start.is_elsewhere or not all(each.is_dir() for each in folders):
        yield Note(
            f"models.generator: whether {wanted} is {base}, which the generators serve adapters "
            "of, is not looked at from here (two names of the hub are compared, or two folders of "
            "one machine); an adapter for another base is refused by the junior's promotion"
        )
    elif _is_another(*folders):
        yield _other_base(wanted, base)


def _is_another(model: Path, base: Path) -> bool:
    """Whether an adapter for one is refused on the other; reads all bytes of equal shapes."""
    try:
        is_alike = tensor_shapes(model) == tensor_shapes(base)
        return not (is_alike and read_base(model).digest == read_base(base).digest)
    except BadInput:  # another check says what is wrong with the recipe's
        return True


def _other_base(wanted: str, base: str) -> Problem:
    return Problem(
        f"models.generator: is {wanted}, the generators serve adapters of {base}; name one model "
        "in both (the chart's generator.server.adapterBase)"
    )


def _are_hubs(wanted: str, base: str) -> bool:
    return wanted.startswith(HUB) and base.startswith(HUB)


def _name(reference: str) -> str:
    return reference.removeprefix(HUB).partition("@")[0].strip("/").casefold()


def promotions_can_be_tried(start: Start) -> Iterator[Finding]:
    """New weights have a place to answer at, prompts to answer, and a judge who knows them."""
    promotion = start.recipe.promotion
    if promotion.gates is None:
        return
    yield from _place(start)
    yield from _tasks(start)
    if promotion.judge == "teacher" and start.work.teacher == RECORDED:
        yield Problem(
            "promotion.judge: a recorded teacher compares no new texts; set promotion.judge=scorer"
        )


def _place(start: Start) -> Iterator[Finding]:
    canary = start.recipe.promotion.canary
    if start.generators in (None, LOCAL):
        return
    if not canary:
        folder = start.work.run.folder / "canary" / "weights"
        yield Problem(
            f"promotion.canary: name the address of generators that follow {folder}, with {{role}} "
            "in it, or leave promotion.gates out"
        )
        return
    try:
        for role in ROLES:
            address_of(canary, role)
    except BadInput as error:
        yield problem_of(error, "promotion.canary")


def _tasks(start: Start) -> Iterator[Finding]:
    source = start.recipe.promotion.tasks
    try:
        if source != HELD_OUT_TASKS:
            found = len(records_of(Task, UPath(example_path(source))))
        elif start.work.teacher == RECORDED:
            yield Problem(
                "promotion.tasks: a recorded teacher thinks of no new tasks; name a file of them"
            )
            return
        else:
            found = len(unused_topics(start.recipe))
    except OSError as error:
        told = f"promotion.tasks: {source}: {error.strerror}"
        yield Note(told) if start.is_elsewhere else Problem(f"{told}; name a JSONL file of tasks")
        return
    except BadInput as error:
        yield problem_of(error, "promotion.tasks")
        return
    if found < LEAST:
        yield Problem(
            f"promotion.tasks: {found} of {source}, at least {LEAST} are needed; name a file of "
            "tasks"
        )
