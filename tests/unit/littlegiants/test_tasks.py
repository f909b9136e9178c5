"""Tasks and prompts: the same seed draws the same prompt, byte for byte, everywhere."""

import pytest

from littlegiants.kinds import Kind
from littlegiants.tasks import LINE_ORDER, Prompt, Task, digest, draw_prompt

TASK = Task(Kind.RETRIEVAL, "Science/Astronomy", "Given a comet, retrieve its sightings.")


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": "é"}) == digest({"b": "é", "a": 1})


@pytest.mark.parametrize("other", [{"a": 2}, {"b": 1}, [1], "a", None])
def test_different_values_have_different_digests(other: object) -> None:
    assert digest({"a": 1}) != digest(other)


def test_a_prompt_is_drawn_the_same_in_every_process() -> None:
    """Frozen: were this id to change, every journal out there would pay for its answers again."""
    prompt = draw_prompt(TASK, seed=7, index=3)
    assert (prompt.id, prompt.seed) == ("215a4fa946875a7f", 1407823924)


@pytest.mark.parametrize(("seed", "index"), [(7, 4), (8, 3)])
def test_another_seed_or_index_draws_another_prompt(seed: int, index: int) -> None:
    assert draw_prompt(TASK, seed=seed, index=index).id != draw_prompt(TASK, seed=7, index=3).id


def test_a_prompts_id_knows_its_attributes_in_any_order() -> None:
    one = Prompt(TASK, {"a": "1", "b": "2"}, seed=0)
    assert one.id == Prompt(TASK, {"b": "2", "a": "1"}, seed=0).id
    assert one.id != Prompt(TASK, {"a": "1", "b": "3"}, seed=0).id
    assert one.id != Prompt(TASK, {"a": "1", "b": "2"}, seed=1).id


@pytest.mark.parametrize(
    ("kind", "ordered"),
    [
        (Kind.RETRIEVAL, True),
        (Kind.STS, True),
        (Kind.MATCHING_LONG, False),
        (Kind.MATCHING_SHORT, False),
    ],
)
def test_guidelines_change_places_only_where_there_are_several(kind: Kind, ordered: bool) -> None:
    drawn = draw_prompt(Task(kind, "Arts", "Match."), seed=1)
    assert (LINE_ORDER in drawn.attributes) is ordered


def test_a_changed_slot_is_drawn_from() -> None:
    changes = {"document_length": {"at least 20 words": 1.0}}
    assert (
        draw_prompt(TASK, seed=1, changes=changes).attributes["document_length"]
        == "at least 20 words"
    )
