"""Of several candidates the one that teaches most is taken, and the scorer is not asked in vain."""

from collections.abc import Sequence

import pytest

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, Task
from pipelines.curation.best_of import best_of
from pipelines.curation.content import TextVectors
from pipelines.data.records import Candidate
from tests.unit.pipelines.curation.test_content import Topical

PROMPT = Prompt(Task(Kind.STS, "Places", "Find alike texts."), {}, seed=1)


def written(query: str, positive: str, negative: str, reason: str = "") -> Candidate:
    return Candidate(query, Sample(Kind.STS, query, positive, negative), reason)


UNFAIR = written("the harbour", "harbour and forest", "harbour")
EASY = written("the harbour", "harbour or bakery", "museum")
HARD = written("the harbour", "harbour or bakery", "museum, harbour, museum")
CUT = written("the harbour", "harbour", "forest", reason="text_ends")
NONE = Candidate("{", None, "unreadable")


def topical() -> TextVectors:
    return Topical()


def unasked() -> TextVectors:
    raise AssertionError("nothing to choose from")


@pytest.mark.parametrize(
    ("group", "best"),
    [
        pytest.param((UNFAIR, EASY, HARD), HARD, id="the hardest fair negative"),
        pytest.param((UNFAIR, CUT, EASY), EASY, id="of the valid ones"),
        pytest.param((EASY, EASY), EASY, id="the first of equals"),
    ],
)
def test_the_best_candidate_is_taken(group: Sequence[Candidate], best: Candidate) -> None:
    groups = [(PROMPT, group), (PROMPT, (NONE,)), (PROMPT, group)]
    chosen = [candidate for _, candidate in best_of(groups, topical)]
    assert chosen[0] is best and chosen[2] is best
    assert chosen[1] is NONE


@pytest.mark.parametrize(("group", "best"), [((CUT, EASY, NONE), EASY), ((CUT, NONE), CUT)])
def test_without_a_choice_no_scorer_is_loaded(group: Sequence[Candidate], best: Candidate) -> None:
    assert list(best_of([(PROMPT, group)], unasked)) == [(PROMPT, best)]


GERMAN = "Am Hafen liegen Boote, daneben steht eine Bäckerei, und am Abend gehen alle ins Museum."
ENGLISH = "Boats lie in the harbour beside a bakery, and in the evening all go to the museum."


def test_one_in_its_language_goes_before_a_better_one() -> None:
    german = written("the harbour", "harbour or bakery", f"museum, harbour, museum. {GERMAN}")
    english = written("the harbour", "harbour or bakery", f"museum. {ENGLISH}")
    for group, best in (((german, english), english), ((german, german), german)):
        assert list(best_of([(PROMPT, group)], topical, in_language=True)) == [(PROMPT, best)]
    alone = [(PROMPT, (CUT, german))]
    assert list(best_of(alone, unasked, in_language=True)) == [(PROMPT, german)]
