"""Lengths of training rows as a recipe's slots ask for them: no model writes a text."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from littlegiants.kinds import SPECS, Kind, length_of
from littlegiants.prompts import synthesize_prompt
from littlegiants.tasks import Prompt, Task, draw_prompt
from pipelines.forecast.assumptions import TOKENS_PER_WORD, WRITTEN_SHARE
from pipelines.forecast.token_lengths import (
    MOST_WRITTEN_WORDS,
    TASK,
    TASK_WORDS,
    TOPIC,
    tokens_of,
)
from pipelines.recipe.recipe import Recipe, load_recipe

PAPER = "paper-8b"


def prompts_drawn(recipe: Recipe, kind: Kind, count: int) -> list[Prompt]:
    """Prompts of one kind as the run draws them."""
    changes = recipe.slots.get(kind)
    task = Task(kind, TOPIC, TASK)
    return [draw_prompt(task, seed=recipe.seed, index=n, changes=changes) for n in range(count)]


def text_lengths(prompt: Prompt, rng: random.Random) -> list[int]:
    """Tokens of each text of a sample, anywhere between the shortest and longest asked for."""
    found = []
    for each in SPECS[prompt.task.kind].fields:
        low, high = length_of(each, prompt.attributes)
        words = rng.uniform(low, high or low)
        written = words if words <= TASK_WORDS else words * WRITTEN_SHARE.value
        found.append(max(1, round(min(written, MOST_WRITTEN_WORDS) * TOKENS_PER_WORD.value)))
    return found


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many tokens the texts of training rows have: what a recipe's slots ask for, or a range's.

    Drawn with the recipe's seed; those of an embedder are cut at its `max_length`.
    """

    recipe: Recipe
    tokens: tuple[int, int] | None = None
    """Any number from the first to the second."""

    def pairs(self, rows: int) -> list[tuple[int, int, int]]:
        """Of a generator's prompt and two answers, the kinds in the recipe's shares."""
        rng, shares = random.Random(self.recipe.seed), self.recipe.shares
        if self.tokens:
            return [self._any(3, rng) for _ in range(rows)]  # type: ignore[misc]
        kinds = rng.choices(list(shares), weights=list(shares.values()), k=rows)
        drawn = [draw_prompt(Task(kind, TOPIC, TASK), seed=n) for n, kind in enumerate(kinds)]
        return [
            (
                round(tokens_of(synthesize_prompt(prompt))),
                sum(text_lengths(prompt, rng)),
                sum(text_lengths(prompt, rng)),
            )
            for prompt in drawn
        ]

    def columns(self, kind: Kind, rows: int) -> list[list[int]]:
        """Of the embedder's texts of one kind, a column each."""
        rng, most = random.Random(self.recipe.seed), self.recipe.embedder.max_length
        if self.tokens:
            found = [self._any(3, rng) for _ in range(rows)]
        else:
            prompts = prompts_drawn(self.recipe, kind, rows)
            found = [tuple(text_lengths(prompt, rng)) for prompt in prompts]
        return [[min(tokens, most) for tokens in column] for column in zip(*found, strict=True)]

    def _any(self, texts: int, rng: random.Random) -> tuple[int, ...]:
        return tuple(rng.randint(*self.tokens or (1, 1)) for _ in range(texts))


def lengths_of(told: str) -> Lengths:
    """Lengths as a flag tells them: a recipe, or a range of tokens such as 100-400."""
    if found := re.fullmatch(r"([1-9]\d*)-([1-9]\d*)", told):
        low, high = sorted(map(int, found.groups()))
        return Lengths(load_recipe(PAPER), (low, high))
    return Lengths(load_recipe(told))


def padded(ranges: Sequence[tuple[int, int]], lengths: Sequence[int]) -> int:
    """Tokens computed when each range is padded to its longest text."""
    return sum((end - begin) * max(lengths[begin:end]) for begin, end in ranges)
