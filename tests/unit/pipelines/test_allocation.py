"""Kinds come in their shares, and the same recipe gives the same prompts."""

from collections import Counter

from littlegiants.kinds import SPECS, Kind
from littlegiants.prompts import synthesize_prompt
from littlegiants.tasks import Task
from pipelines.allocation import PROPOSE, SEED, SYNTHESIZE, allocate, kinds_for, prompts_for
from pipelines.recipe import load_recipe

RECIPE = load_recipe("laptop")
TASKS = [Task(kind, f"A/{number}", f"Task {number}.") for number in range(4) for kind in Kind]


def test_shares_are_the_papers() -> None:
    shares = {kind: spec.share for kind, spec in SPECS.items()}
    assert [Counter(allocate(230, shares))[kind] for kind in Kind] == [70, 70, 70, 10, 10]


def test_every_topic_gets_one_kind() -> None:
    topics = [f"A/{number}" for number in range(46)]
    kinds = kinds_for(topics, RECIPE)
    assert list(kinds) == topics
    assert Counter(kinds.values())[Kind.STS] == 14


def test_same_recipe_and_seed_give_the_same_prompts_byte_for_byte() -> None:
    texts = [
        [synthesize_prompt(prompt) for prompt in prompts_for(TASKS, 60, first=SEED, recipe=RECIPE)]
        for _ in range(2)
    ]
    assert texts[0] == texts[1]


def test_uses_never_share_a_prompt() -> None:
    ids = [
        prompt.id
        for first in (SEED, PROPOSE, SYNTHESIZE)
        for prompt in prompts_for(TASKS, 300, first=first, recipe=RECIPE)
    ]
    assert len(ids) == len(set(ids)) == 900
