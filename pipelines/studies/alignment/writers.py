"""Who writes in the alignment study, by name: `senior+revisor`, `junior@0.6`, `senior#1`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from littlegiants.errors import BadInput
from pipelines.generators.endpoint import BASE, INSTRUCT
from pipelines.recipe.recipe import Recipe

ONE_SHOT = "base-one-shot"
ROLES = (BASE, ONE_SHOT, INSTRUCT, "junior", "senior")
TUNED = ("junior", "senior")
MIX = ":"
"""Between the writers of a mix."""
NAME = re.compile(
    rf"(?P<role>{'|'.join(sorted(ROLES, key=len, reverse=True))})(?P<revised>\+revisor)?"
    r"(?:@(?P<temperature>\d(?:\.\d+)?))?(?P<free>/free)?(?:#(?P<tasks>[1-9]\d*))?"
)


@dataclass(frozen=True, slots=True)
class Writer:
    """A generator, how it is asked, and whether the revisor mends what it writes."""

    name: str
    role: str
    is_revised: bool
    temperature: float
    constrained: bool
    tasks_a_topic: int = 0
    """At most so many tasks of each topic are asked, so more topics or more prompts of a task; 0:
    all."""
    parts: tuple["Writer", ...] = ()
    """Of a mix; each prompt has one of them, and no more is asked of the mix itself."""


def default_writers(recipe: Recipe) -> list[str]:
    """Each step of the method by itself; the instruct model where the recipe names one."""
    instruct = [INSTRUCT] if recipe.models.unaligned else []
    return [BASE, ONE_SHOT, *instruct, "junior", "senior", "senior+revisor"]


def writer_named(name: str, recipe: Recipe) -> Writer:
    """The writer of this name.

    Raises BadInput for a name that is none, and for an instruct model that the recipe has not.
    """
    if MIX in name:
        parts = tuple(writer_named(each, recipe) for each in name.split(MIX))
        if any(each.tasks_a_topic for each in parts):
            raise BadInput(f"writers: {name!r}: a mix has the same prompts for all; leave # out")
        return replace(parts[0], name=name, parts=parts)
    found = NAME.fullmatch(name)
    if not found:
        raise BadInput(
            f"writers: {name!r} is none; give one of {', '.join(ROLES)}, then +revisor, "
            "@TEMPERATURE, /free and #TASKS_A_TOPIC as wanted, such as senior+revisor@0.6; several "
            "with : between are a mix"
        )
    if found["role"] == INSTRUCT and not recipe.models.unaligned:
        raise BadInput("writers: instruct needs models.unaligned; name the model in the recipe")
    written = recipe.synthesize
    return Writer(
        name,
        found["role"],
        bool(found["revised"]),
        float(found["temperature"] or written.temperature),
        constrained=written.constrained and not found["free"],
        tasks_a_topic=int(found["tasks"] or 0),
    )


def roles_of(writers: Sequence[Writer]) -> Iterator[str]:
    """The generators whose promoted weights are needed."""
    asked = [part for each in writers for part in each.parts or (each,)]
    yield from dict.fromkeys(each.role for each in asked if each.role in TUNED)
    if any(each.is_revised for each in asked):
        yield "revisor"
