"""Lengths of training rows as a recipe's slots ask for them: no model writes a text."""

import random
from collections.abc import Sequence

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
from pipelines.recipe.recipe import Recipe


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


def columns_drawn(recipe: Recipe, kind: Kind, rows: int) -> list[list[int]]:
    """Tokens of the embedder's texts, cut at its `max_length`, a column each."""
    rng = random.Random(recipe.seed)
    most = recipe.embedder.max_length
    lengths = [text_lengths(prompt, rng) for prompt in prompts_drawn(recipe, kind, rows)]
    return [[min(tokens, most) for tokens in column] for column in zip(*lengths, strict=True)]


def examples_drawn(recipe: Recipe, count: int) -> list[tuple[int, int]]:
    """Tokens of prompt and completion of a generator's rows, in the recipe's shares."""
    rng = random.Random(recipe.seed)
    kinds = rng.choices(list(recipe.shares), weights=list(recipe.shares.values()), k=count)
    drawn = [draw_prompt(Task(kind, TOPIC, TASK), seed=n) for n, kind in enumerate(kinds)]
    return [
        (round(tokens_of(synthesize_prompt(prompt))), sum(text_lengths(prompt, rng)))
        for prompt in drawn
    ]


def padded(ranges: Sequence[tuple[int, int]], lengths: Sequence[int]) -> int:
    """Tokens computed when each range is padded to its longest text."""
    return sum((end - begin) * max(lengths[begin:end]) for begin, end in ranges)
