"""Which kind each topic's task gets, and which prompts each step asks."""

import random
from collections.abc import Mapping, Sequence

from littlegiants.kinds import Kind
from littlegiants.tasks import Prompt, Task, draw_prompt
from pipelines.recipe import Recipe

SEED, PROPOSE, SYNTHESIZE, HELD_OUT = 0, 100, 200, 10_000
"""First prompt index of each use: no prompt of one use is ever asked in another."""


def allocate(count: int, shares: Mapping[Kind, float]) -> list[Kind]:
    """`count` kinds in proportion to `shares` (largest remainder), in the order of `shares`."""
    total = sum(shares.values())
    exact = {kind: count * share / total for kind, share in shares.items()}
    whole = {kind: int(number) for kind, number in exact.items()}
    by_remainder = sorted(exact, key=lambda kind: whole[kind] - exact[kind])
    for kind in by_remainder[: count - sum(whole.values())]:
        whole[kind] += 1
    return [kind for kind, number in whole.items() for _ in range(number)]


def kinds_for(topics: Sequence[str], recipe: Recipe) -> dict[str, Kind]:
    """A kind for each topic, spread at random over the topics under the recipe's seed."""
    kinds = allocate(len(topics), recipe.shares)
    random.Random(recipe.seed).shuffle(kinds)
    return dict(zip(topics, kinds, strict=True))


def prompts_for(tasks: Sequence[Task], count: int, *, first: int, recipe: Recipe) -> list[Prompt]:
    """`count` prompts over `tasks` in the recipe's shares; a kind's tasks take turns."""
    by_kind = {kind: [task for task in tasks if task.kind == kind] for kind in Kind}
    shares = {kind: share for kind, share in recipe.shares.items() if by_kind[kind]}
    prompts = []
    for kind in shares:
        for turn in range(allocate(count, shares).count(kind)):
            task = by_kind[kind][turn % len(by_kind[kind])]
            index = first + turn // len(by_kind[kind])
            changes = recipe.slots.get(kind)
            prompts.append(draw_prompt(task, seed=recipe.seed, index=index, changes=changes))
    return prompts
