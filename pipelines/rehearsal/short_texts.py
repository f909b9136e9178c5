"""A recipe's slots, asking for short texts: a random model fills whatever room it has."""

import re
from collections import Counter
from collections.abc import Mapping

from littlegiants.kinds import SPECS, Kind
from pipelines.recipe.recipe import Recipe

LONGEST_TEXT = 12
"""Words."""


def shortened(recipe: Recipe) -> dict[str, dict[str, dict[str, float]]]:
    """The slots that ask for long texts, asking for short ones; with the recipe's own slots."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for kind in Kind:
        slots = {**SPECS[kind].slots, **recipe.slots.get(kind, {})}
        own = {name: dict(slots[name]) for name in recipe.slots.get(kind, {})}
        lengths = {name: _short(slots[name]) for name in slots if name.endswith("_length")}
        if own or lengths:
            found[kind.value] = own | lengths
    return found


def _short(choices: Mapping[str, float]) -> dict[str, float]:
    summed: Counter[str] = Counter()
    for choice, weight in choices.items():
        low = re.sub(r"\d+", lambda number: str(min(int(number[0]), LONGEST_TEXT)), choice)
        summed[low] += weight  # type: ignore[assignment]
    return dict(summed)
