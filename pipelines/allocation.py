"""Which kind each topic's task gets, and which prompts each step asks."""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from littlegiants.kinds import Kind
from littlegiants.tasks import Prompt, Task, draw_prompt
from pipelines.recipe import Recipe

SEED, PROPOSE, SYNTHESIZE, HELD_OUT = 0, 100, 200, 10_000
"""First prompt index of each use: no prompt of one use is ever asked in another."""


def allocate(count: int, shares: Mapping[Kind, float]) -> list[Kind]:
    """`count` kinds in proportion to `shares` (largest remainder), in the order of `shares`."""
    return [kind for kind, number in _counts(count, shares).items() for _ in range(number)]


def _counts(count: int, shares: Mapping[Kind, float]) -> dict[Kind, int]:
    total = sum(shares.values())
    exact = {kind: count * share / total for kind, share in shares.items()}
    whole = {kind: int(number) for kind, number in exact.items()}
    by_remainder = sorted(exact, key=lambda kind: whole[kind] - exact[kind])
    for kind in by_remainder[: count - sum(whole.values())]:
        whole[kind] += 1
    return whole


def kinds_for(topics: Sequence[str], recipe: Recipe) -> dict[str, Kind]:
    """A kind for each topic, spread at random over the topics under the recipe's seed."""
    kinds = allocate(len(topics), recipe.shares)
    random.Random(recipe.seed).shuffle(kinds)
    return dict(zip(topics, kinds, strict=True))


def prompts_for(tasks: Sequence[Task], count: int, *, first: int, recipe: Recipe) -> list[Prompt]:
    """`count` prompts over `tasks` in the recipe's shares; a kind's tasks take turns."""
    return list(each_prompt(tasks, count, first=first, recipe=recipe))


def each_prompt(
    tasks: Sequence[Task],
    count: int,
    *,
    first: int,
    recipe: Recipe,
    shard: int = 0,
    shard_count: int = 1,
) -> Iterator[Prompt]:
    """As `prompts_for`, one after another; of several shards each has every n-th prompt."""
    planned = _planned(tasks, count, first, recipe)
    for task, index in islice(planned, shard, None, shard_count):
        changes = recipe.slots.get(task.kind)
        yield draw_prompt(task, seed=recipe.seed, index=index, changes=changes)


def _planned(
    tasks: Sequence[Task], count: int, first: int, recipe: Recipe
) -> Iterator[tuple[Task, int]]:
    by_kind = {kind: [task for task in tasks if task.kind == kind] for kind in Kind}
    shares = {kind: share for kind, share in recipe.shares.items() if by_kind[kind]}
    for kind, turns in _counts(count, shares).items():
        for turn in range(turns):
            round_number, place = divmod(turn, len(by_kind[kind]))
            yield by_kind[kind][place], first + round_number
