"""Kinds come in their shares, and the same recipe gives the same prompts."""

from collections import Counter

import pytest

from littlegiants.kinds import Kind
from littlegiants.prompts import synthesize_prompt
from littlegiants.tasks import Task
from pipelines.data.prompt_plan import PROPOSE, SEED, SYNTHESIZE, kinds_for, prompts_for
from pipelines.recipe.recipe import load_recipe

RECIPE = load_recipe("laptop")
TASKS = [Task(kind, f"A/{number}", f"Task {number}.") for number in range(4) for kind in Kind]


def test_kinds_have_the_papers_shares() -> None:
    counts = Counter(kinds_for([f"A/{number}" for number in range(2300)], RECIPE).values())
    assert [counts[kind] for kind in Kind] == pytest.approx([700, 700, 700, 100, 100], abs=2)


def test_every_topic_gets_one_kind() -> None:
    topics = [f"A/{number}" for number in range(46)]
    assert list(kinds_for(topics, RECIPE)) == topics


def test_more_topics_leave_the_kinds_of_the_first_ones() -> None:
    topics = [f"A/{number}" for number in range(60)]
    assert kinds_for(topics[:16], RECIPE).items() <= kinds_for(topics, RECIPE).items()


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
