"""Variants of a recipe that train the embedder otherwise, by the changes that make them."""

import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from littlegiants.errors import BadInput
from pipelines.probe.choices import CHOICES
from pipelines.recipe.recipe import Recipe, load_recipe
from pipelines.training.contrast.batching import LABELLED

AS_IT_IS = "the recipe's own"
"""The name of the training that every variant is measured against."""
EMBEDDER, OWN_ROWS = "embedder.", "examples.rows"


@dataclass(frozen=True, slots=True)
class Variant:
    """A name that lists what is changed, and the recipe with it."""

    name: str
    recipe: Recipe


def default_variants(recipe: Recipe, kinds: Collection[str]) -> Iterator[str]:
    """Each choice that the recipe's rows allow, the other way round."""
    settings, guide = recipe.embedder, f"embedder.guide={recipe.models.scorer}"
    if LABELLED.intersection(kinds):
        other = "own" if settings.label_negatives == "batch" else "batch"
        yield f"embedder.label_negatives={other}"
    yield f"embedder.hard_negatives={str(not settings.hard_negatives).lower()}"
    yield "embedder.guide=" if settings.guide else guide
    if not settings.hard_negatives and not settings.guide:
        yield f"embedder.hard_negatives=true {guide}"
    yield f"embedder.averaged_checkpoints={3 if settings.averaged_checkpoints == 1 else 1}"


def variant_named(text: str, reference: str, changes: Sequence[str], *, probe: bool) -> Variant:
    """The recipe `reference` with `changes`, and those of `text` after them.

    Raises BadInput for a change of what is no part of the embedder's training, or of a `probe`'s.
    """
    made = shlex.split(text)
    for change in made:
        name = change.partition("=")[0]
        if "=" not in change or not (name.startswith(EMBEDDER) or name == OWN_ROWS):
            raise BadInput(
                f"variants: {change!r} is no choice of the embedder's training; give "
                f"{EMBEDDER}FIELD=VALUE or {OWN_ROWS}=[FILE], several in quotes with blanks between"
            )
        if probe and name != OWN_ROWS and name.removeprefix(EMBEDDER) not in CHOICES:
            raise BadInput(f"variants: a probe has no {name}; add --embedder to train the real one")
    return Variant(" ".join(made), load_recipe(reference, [*changes, *made]))
