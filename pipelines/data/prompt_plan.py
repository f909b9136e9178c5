"""Which kind each topic's task gets, and which prompts each step asks."""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from littlegiants.kinds import Kind
from littlegiants.tasks import Prompt, Task, draw_prompt
from pipelines.data.own_templates import own_templates
from pipelines.recipe.recipe import Recipe

SEED, PROPOSE, SYNTHESIZE, HELD_OUT = 0, 100, 200, 10_000
"""First prompt index of each use: no prompt of one use is ever asked in another."""


def prompt_counts(count: int, shares: Mapping[Kind, float]) -> dict[Kind, int]:
    """How many of `count` prompts each kind gets."""
    total = sum(shares.values())
    exact = {kind: count * share / total for kind, share in shares.items()}
    whole = {kind: int(number) for kind, number in exact.items()}
    by_remainder = sorted(exact, key=lambda kind: whole[kind] - exact[kind])
    for kind in by_remainder[: count - sum(whole.values())]:
        whole[kind] += 1
    return whole


def kinds_for(topics: Sequence[str], recipe: Recipe) -> dict[str, Kind]:
    """A kind for each topic, drawn under the recipe's seed from those that fall short of their
    share; more topics begin with the same kinds.
    """
    rng, total = random.Random(recipe.seed), sum(recipe.shares.values())
    due, found = dict.fromkeys(recipe.shares, 0.0), {}
    for topic in topics:
        due = {kind: left + recipe.shares[kind] / total for kind, left in due.items()}
        kind = rng.choices(list(due), weights=[max(0.0, left) ** 2 for left in due.values()])[0]
        due[kind] -= 1
        found[topic] = kind
    return found


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
    planned, own = _planned(tasks, count, first, recipe), own_templates(recipe)
    for task, index in islice(planned, shard, None, shard_count):
        changes, template = recipe.slots.get(task.kind), own.get(f"synthesize_{task.kind}", "")
        yield draw_prompt(task, seed=recipe.seed, index=index, changes=changes, template=template)


def _planned(
    tasks: Sequence[Task], count: int, first: int, recipe: Recipe
) -> Iterator[tuple[Task, int]]:
    by_kind = {kind: [task for task in tasks if task.kind == kind] for kind in Kind}
    shares = {kind: share for kind, share in recipe.shares.items() if by_kind[kind]}
    for kind, turns in prompt_counts(count, shares).items():
        for turn in range(turns):
            round_number, place = divmod(turn, len(by_kind[kind]))
            yield by_kind[kind][place], first + round_number
