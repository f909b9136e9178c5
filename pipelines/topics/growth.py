"""Topics that the teacher grows from roots: rounds of questions, each narrower topic once."""

import time
from collections.abc import Sequence
from dataclasses import replace

from littlegiants.errors import BadInput, Unparsable
from littlegiants.parsing import parse_subtopics
from littlegiants.prompts import widen_prompt
from littlegiants.samples import subtopics_schema
from littlegiants.tasks import digest
from pipelines.chat_api.questions import Answer, Question
from pipelines.data.own_templates import own_templates
from pipelines.recipe.recipe import Recipe
from pipelines.run.resource_usage import ResourceUsage, own_peak
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.step_progress import say
from pipelines.teacher.ask import ask_all
from pipelines.topics.names import TopicNames
from pipelines.topics.topics import choose_topics
from pipelines.topics.tree import TopicTree

NAME = "topics"
"""Of the part of `brainstorm` that grows them: its journal, its record, its place in `plan`."""


async def grown_topics(work: Work, roots: Sequence[str]) -> list[str]:
    """`topics.count` topics below `roots`; what the teacher said is asked for once in a run.

    Raises BadInput when the teacher has no more to name.
    """
    recipe, started, began = work.run.recipe, time.time(), time.monotonic()
    tally = Tally(in_count=len(roots), out_count=recipe.topics.count)
    shuffled = choose_topics(roots, len(roots), recipe.seed)
    tree = TopicTree(shuffled, recipe.topics.count, recipe.topics.children)
    growing = replace(work, name=NAME)
    names, own = TopicNames(growing, roots), own_templates(recipe).get("widen", "")
    while leaves := tree.frontier():
        questions = [widening(leaf, recipe, own) for leaf in leaves]
        answers = await ask_all(
            growing, questions, tally, lambda index, answer: parse_subtopics(answer.written())
        )
        found = [_named(answer, tally) for answer in answers]
        for leaf, kept in zip(leaves, names.fresh(found, tally), strict=True):
            tree.widen(leaf, kept)
        say(NAME, f"{tree.leaf_count:,} of {recipe.topics.count:,} topics")
    topics = tree.topics()
    if len(topics) < recipe.topics.count:
        raise BadInput(
            f"topics.count: {recipe.topics.count:,}, but growth ended at {len(topics):,}; give "
            "more roots (topics.roots) or ask for fewer"
        )
    used = ResourceUsage(time.monotonic() - began, own_peak())
    work.run.finish(NAME, key=digest(topics), tally=tally, started=started, used=used)
    return choose_topics(topics, len(topics), recipe.seed)


def widening(leaf: str, recipe: Recipe, own: str) -> Question:
    """Asks for the topics below `leaf`, in the words of the `own` template where there is one."""
    count, seed = recipe.topics.children, int(digest([recipe.seed, leaf]), 16) % 2**31
    return Question(widen_prompt(leaf, count=count, own=own), subtopics_schema(count), seed=seed)


def _named(answer: Answer, tally: Tally) -> list[str]:
    try:
        return parse_subtopics(answer.written())
    except Unparsable as error:
        tally.drop(error.reason)
        return []
