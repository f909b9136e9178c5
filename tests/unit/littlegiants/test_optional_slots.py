"""Slots beside the paper's change nothing until they are given, and reach the server."""

import math

import pytest

from littlegiants.errors import BadInput
from littlegiants.kinds import ABSENT, Kind
from littlegiants.optional_slots import OPTIONAL, with_shipped_tables
from littlegiants.prompts import synthesis_template, synthesize_prompt, template_of
from littlegiants.tasks import TEMPLATE, Prompt, Task, digest, draw_prompt
from littlegiants.v1 import generator_pb2
from littlegiants.wire import prompt_from_wire, task_to_wire

TASK = Task(Kind.RETRIEVAL, "Arts/Music", "Find songs.")
OFFERED = [(kind, name) for kind in Kind for name in OPTIONAL[kind]]
OWN = 'Write "$user_words" for $task\n- Like $audience.\n- Of $query_length.'
PAPERS = "c555b8f4c4faf894"


def test_prompts_are_the_papers_where_a_recipe_says_nothing() -> None:
    drawn = [
        draw_prompt(Task(kind, "Arts/Music", "Match songs."), seed=3, index=index)
        for kind in Kind
        for index in range(20)
    ]
    assert digest([[prompt.id, synthesize_prompt(prompt)] for prompt in drawn]) == PAPERS


@pytest.mark.parametrize(("kind", "name"), OFFERED)
def test_an_offered_slot_has_a_line_of_its_own(kind: Kind, name: str) -> None:
    table = OPTIONAL[kind][name]
    assert math.isclose(sum(table.values()), 1)
    chosen = next(value for value in table if value != ABSENT)
    task = Task(kind, "Arts/Music", "Match songs.")
    bare = draw_prompt(task, seed=1)
    turned_on = draw_prompt(task, seed=1, changes={name: {chosen: 1.0}})
    with_it, without = (set(synthesize_prompt(each).splitlines()) for each in (turned_on, bare))
    (line,) = with_it - without
    assert chosen in line


def test_the_word_shipped_stands_for_a_table() -> None:
    read = {"retrieval": {"persona": "shipped", "clarity": {"clear": 1}}, "poem": {"a": "shipped"}}
    found = with_shipped_tables(read)
    assert found["retrieval"] == {
        "persona": OPTIONAL[Kind.RETRIEVAL]["persona"],
        "clarity": {"clear": 1},
    }
    assert found["poem"] == read["poem"]


def sent(prompt: Prompt) -> Prompt:
    """As the server reads it."""
    task = task_to_wire(prompt.task, prompt.attributes)
    return prompt_from_wire(generator_pb2.GenerateRequest(task=task, seed=prompt.seed))


@pytest.mark.parametrize("kind", Kind)
def test_slots_and_a_template_reach_the_server(kind: Kind) -> None:
    changes = {**OPTIONAL[kind], "audience": {"children": 1.0}}
    prompt = draw_prompt(
        Task(kind, "Arts", "Match."), seed=2, changes=changes, template="$audience"
    )
    assert sent(prompt).attributes == dict(prompt.attributes)
    on = draw_prompt(Task(kind, "Arts", "Match."), seed=2, changes=OPTIONAL[kind])
    assert sent(on) == on
    assert synthesize_prompt(sent(on)) == synthesize_prompt(on)


def test_a_template_of_its_own_asks_in_the_place_of_the_shipped_one() -> None:
    slots = {"audience": "children", "query_length": "5 to 15 words", TEMPLATE: OWN}
    prompt = Prompt(TASK, {**slots, "user_words": "songs", "clarity": ABSENT}, seed=1)
    assert synthesize_prompt(prompt) == (
        'Write "songs" for Find songs.\n- Like children.\n- Of 5 to 15 words.'
    )
    assert template_of(prompt).digest != synthesis_template(Kind.RETRIEVAL).digest


@pytest.mark.parametrize(
    ("template", "said"),
    [("$clarity: $ 5", r"write \$\$"), ("For $whom", "whom has no value"), ("All", "clarity")],
)
def test_a_template_that_cannot_be_filled_says_why(template: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        synthesize_prompt(Prompt(TASK, {"clarity": "clear", TEMPLATE: template}, seed=1))


def test_an_attribute_that_no_template_has_is_refused_before_it_is_sent() -> None:
    with pytest.raises(BadInput, match=r"attributes\.audience"):
        task_to_wire(TASK, {"audience": "children"})
