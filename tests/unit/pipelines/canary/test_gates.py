"""Which new weights are kept out, by which gate."""

from collections import Counter
from dataclasses import replace

import pytest

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from pipelines.canary.contests import Contests, Outcome, clear_outcome
from pipelines.canary.gates import Findings, failing_gates
from pipelines.canary.written_samples import Profile, profiles
from pipelines.data.records import Candidate
from pipelines.recipe.promotion_section import Thresholds

SERVED = Profile(asked=100, valid=90, diversity=0.8, words=60)
EVEN: dict[Outcome, int] = {"won": 40, "lost": 40, "tied": 10}


def answer(query: str, positive: str = "It mends the text.") -> Candidate:
    return Candidate("", Sample(Kind.MATCHING_SHORT, query, positive))


INVALID = Candidate("no", None, "no_json")


@pytest.mark.parametrize(
    ("new", "outcomes", "failing"),
    [
        (SERVED, EVEN, ()),
        (replace(SERVED, valid=86), EVEN, ()),
        (replace(SERVED, valid=84), EVEN, ("yield_holds",)),
        (SERVED, {"won": 30, "lost": 60}, ("wins_enough",)),
        (SERVED, {"won": 1, "lost": 3}, ()),
        (SERVED, {"tied": 90}, ()),
        (replace(SERVED, diversity=0.73), EVEN, ()),
        (replace(SERVED, diversity=0.7), EVEN, ("stays_diverse",)),
        (replace(SERVED, words=95), EVEN, ("keeps_its_length",)),
        (replace(SERVED, words=35), EVEN, ("keeps_its_length",)),
        (Profile(100, 0, None, None), {"lost": 90}, ("yield_holds", "wins_enough")),
    ],
    ids=[
        "alike",
        "a few less valid",
        "many less valid",
        "loses",
        "loses too rarely to tell",
        "all ties",
        "a little less diverse",
        "repeats itself",
        "longer by more than half",
        "shorter by as much",
        "nothing valid",
    ],
)
def test_a_gate_is_shut_beyond_its_threshold(
    new: Profile, outcomes: dict[Outcome, int], failing: tuple[str, ...]
) -> None:
    found = Findings(new, SERVED, Contests(Counter(outcomes)))
    assert failing_gates(found, Thresholds()) == failing


@pytest.mark.parametrize(
    ("new", "served", "outcome"),
    [
        (answer("a"), INVALID, "won"),
        (INVALID, answer("a"), "lost"),
        (INVALID, INVALID, "not_judged"),
        (answer("a"), answer("a"), "tied"),
        (answer("a"), answer("b"), None),
    ],
)
def test_what_is_plain_needs_no_judge(
    new: Candidate, served: Candidate, outcome: Outcome | None
) -> None:
    assert clear_outcome(new, served) == outcome


def test_texts_are_compared_where_both_answered() -> None:
    same, other = answer("one two three"), answer("four five six")
    new, served = profiles([(same, same), (same, other), (other, INVALID)])
    assert (new.valid, served.valid) == (3, 2)
    assert new.words == served.words == 7
    assert new.diversity == 0.5, "its two texts are one"
    assert served.diversity is not None
    assert served.diversity > new.diversity
