"""A writer's name says which generator is asked, and how."""

import pytest

from littlegiants.errors import BadInput
from pipelines.recipe.recipe import load_recipe
from pipelines.studies.alignment.expectation import steps_among
from pipelines.studies.alignment.writers import default_writers, roles_of, writer_named

LAPTOP = load_recipe("laptop")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("senior", ("senior", False, 0.8, True)),
        ("junior+revisor", ("junior", True, 0.8, True)),
        ("senior+revisor@0.6", ("senior", True, 0.6, True)),
        ("base/free", ("base", False, 0.8, False)),
        ("base-one-shot@1", ("base-one-shot", False, 1.0, True)),
    ],
)
def test_a_name_says_who_is_asked_and_how(
    name: str, expected: tuple[str, bool, float, bool]
) -> None:
    found = writer_named(name, LAPTOP)
    assert (found.role, found.is_revised, found.temperature, found.constrained) == expected


@pytest.mark.parametrize("name", ["teacher", "senior+", "senior@hot", "revisor", "instruct"])
def test_a_name_that_is_none_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(BadInput, match="writers: "):
        writer_named(name, LAPTOP)


def test_a_mix_asks_its_parts_and_is_expected_to_beat_each() -> None:
    mix = writer_named("junior:senior+revisor@0.6", LAPTOP)
    assert [part.name for part in mix.parts] == ["junior", "senior+revisor@0.6"]
    assert list(roles_of([mix])) == ["junior", "senior", "revisor"]
    steps = steps_among(["base", "junior", "junior:base"])
    assert [step[:2] for step in steps[1:]] == [("junior:base", "junior"), ("junior:base", "base")]
    with pytest.raises(BadInput, match="'teacher' is none"):
        writer_named("junior:teacher", LAPTOP)


def test_a_writer_may_be_asked_fewer_tasks_of_each_topic_but_not_in_a_mix() -> None:
    assert writer_named("senior+revisor@0.6#1", LAPTOP).tasks_a_topic == 1
    for name in ("senior#0", "junior#1:senior"):
        with pytest.raises(BadInput, match="writers: "):
            writer_named(name, LAPTOP)


def test_the_papers_instruct_model_is_asked_where_the_recipe_names_one() -> None:
    assert "instruct" in default_writers(load_recipe("paper-8b"))
    assert "instruct" not in default_writers(LAPTOP)


def test_only_generators_that_are_asked_must_be_promoted() -> None:
    asked = [writer_named(name, LAPTOP) for name in ("base", "junior", "junior+revisor")]
    assert list(roles_of(asked)) == ["junior", "revisor"]
