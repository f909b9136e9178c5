"""Generators that a stage asks, as the recipe's writers decide; the chart has the same rule."""

from typing import Literal

from pipelines.recipe.recipe import Recipe

Role = Literal["junior", "senior", "revisor"]
ASKING = ("propose", "synthesize")
"""Stages that ask generators for texts."""
WRITERS: tuple[Role, ...] = ("junior", "senior")


def asked_by(stage: str, recipe: Recipe | None) -> tuple[Role, ...]:
    """Roles that `stage` asks; where no recipe is known, the senior writes, as by default."""
    if stage == "propose":
        return ("junior",)
    if stage != "synthesize":
        return ()
    names = recipe.synthesize.active_writers if recipe else ("senior",)
    return (*(role for role in WRITERS if role in names), "revisor")
