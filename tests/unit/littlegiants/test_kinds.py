"""The kinds: their shares, their slots, and the lengths that they ask for."""

import math
import random
from collections import Counter

import pytest

from littlegiants.errors import BadInput
from littlegiants.kinds import ABSENT, SPECS, Kind, Slots, draw, length_of, slots_of, word_bounds

SLOTS = [(kind, name) for kind in Kind for name in SPECS[kind].slots]


def test_shares_are_the_papers() -> None:
    shares = [SPECS[kind].share for kind in Kind]
    assert shares == [7, 7, 7, 1, 1]


@pytest.mark.parametrize(("kind", "slot"), SLOTS)
def test_weights_of_a_slot_add_up_to_one(kind: Kind, slot: str) -> None:
    assert math.isclose(sum(SPECS[kind].slots[slot].values()), 1)


@pytest.mark.parametrize("kind", Kind)
def test_every_field_asks_for_a_readable_length(kind: Kind) -> None:
    attributes = draw(slots_of(kind), random.Random(0))
    for field in SPECS[kind].fields:
        low, high = length_of(field, attributes)
        assert low >= 1
        assert high is None or high >= low


@pytest.mark.parametrize(
    ("length", "bounds"),
    [
        pytest.param("at least 50 words", (50, None), id="at-least"),
        pytest.param("at most 8 words", (1, 8), id="at-most"),
        pytest.param("less than 5 words", (1, 4), id="less-than"),
        pytest.param("5 to 15 words", (5, 15), id="range"),
    ],
)
def test_reads_a_length(length: str, bounds: tuple[int, int | None]) -> None:
    assert word_bounds(length) == bounds


@pytest.mark.parametrize(
    "length", ["", "50 words", "at least many words", "at least 5 words long", "7 to 3 words"]
)
def test_says_how_a_length_is_written(length: str) -> None:
    with pytest.raises(BadInput, match="write 'at least N words'"):
        word_bounds(length)


def test_draws_by_weight() -> None:
    rng = random.Random(0)
    drawn = Counter(
        draw({"slot": {"often": 3, "rare": 1, "never": 0}}, rng)["slot"] for _ in range(4000)
    )
    assert drawn.keys() == {"often", "rare"}
    assert 0.7 < drawn["often"] / 4000 < 0.8


def test_the_same_seed_draws_the_same() -> None:
    slots = slots_of(Kind.RETRIEVAL)
    first, second = draw(slots, random.Random(5)), draw(slots, random.Random(5))
    assert first == second
    assert list(first) == list(slots)


def test_half_of_the_difficulties_are_absent() -> None:
    assert SPECS[Kind.RETRIEVAL].slots["difficulty"][ABSENT] == 0.5


def test_a_change_replaces_one_table_and_leaves_the_others() -> None:
    change = {"document_length": {"at least 20 words": 1.0}}
    slots = slots_of(Kind.RETRIEVAL, change)
    assert slots["document_length"] == change["document_length"]
    assert slots["query_length"] == SPECS[Kind.RETRIEVAL].slots["query_length"]
    assert "at least 20 words" not in SPECS[Kind.RETRIEVAL].slots["document_length"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"Co-lour": {"red": 1}}, "no name of a slot", id="no-name"),
        pytest.param({"template": {"red": 1}}, "no name of a slot", id="reserved"),
        pytest.param({"revise_template": {"red": 1}}, "no name of a slot", id="revisors"),
        pytest.param({"clarity": {}}, "at least one value", id="no-values"),
        pytest.param({"clarity": {"clear": 0}}, "positive weight", id="no-weight"),
        pytest.param({"clarity": {"clear": 2, "dim": -1}}, "positive weight", id="negative-weight"),
        pytest.param({"clarity": {"clear": math.inf}}, "positive weight", id="endless-weight"),
        pytest.param({"clarity": {"clear": math.nan}}, "positive weight", id="no-number"),
        pytest.param({"query_length": {"short": 1}}, "write 'at least N words'", id="length"),
    ],
)
def test_names_what_is_wrong_with_a_change(changes: Slots, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        slots_of(Kind.RETRIEVAL, changes)
