"""When answers of no use stop a stage, and when they are only dropped."""

import pytest

from littlegiants.errors import BadInput
from pipelines.budget.usage import Usage
from pipelines.chat_api.questions import Answer
from pipelines.openai_client.replies import NOT_RECORDED
from pipelines.teacher.early_stop import EarlyStop, Noted

USED = Answer("{}", Usage(1))
PROSE = Answer("Sure, here it is.", Usage(1))
REFUSED = Answer("", Usage(), "refused", "status 400: too long for us")


def noted(watch: EarlyStop, flaws: str) -> int:
    """How many answers there were when the stage stopped; `x` is one of no use."""
    for number, each in enumerate(flaws, 1):
        try:
            flaw = "no_json" if each == "x" else ""
            watch.note(str(number), PROSE if flaw else USED, flaw)
        except BadInput:
            return number
    return 0


@pytest.mark.parametrize(
    ("flaws", "stopped"),
    [
        ("x" * 300, 20),
        ("." + "x" * 300, 50),
        ("." * 100 + "x" * 300, 126),
        ("x." * 150, 0),
        ("xx." * 100, 50),
        ("x" * 19, 0),
        ("x" * 19 + "." * 300, 0),
        (("x" * 19 + "." * 31) * 5, 0),
    ],
)
def test_it_stops_when_most_of_the_last_fifty_or_all_of_the_first_twenty_are_of_no_use(
    flaws: str, stopped: int
) -> None:
    assert noted(EarlyStop("seed", 0.5), flaws) == stopped


def test_the_recipe_says_how_many_may_be_of_no_use() -> None:
    assert noted(EarlyStop("seed", 0.9), "xxxxxxx..." * 30) == 0
    assert noted(EarlyStop("seed", 0.1), ".....x" * 30) == 54


def test_an_answer_of_use_is_never_lost_to_a_stop() -> None:
    watch = EarlyStop("seed", 0.5)
    assert noted(watch, "x" * 20) == 20
    watch.note("late", USED, "")


@pytest.mark.parametrize("fault", ["unavailable", "timed_out", NOT_RECORDED])
def test_no_answer_at_all_is_not_one_of_no_use(fault: str) -> None:
    watch, absent = EarlyStop("seed", 0.5), Answer("", Usage(), fault, "away")
    for number in range(100):
        watch.note(str(number), absent, fault)
    watch.finish([Noted("a", absent, fault)] * 10)


@pytest.mark.parametrize(
    ("answer", "flaw", "count", "stops"),
    [
        (PROSE, "no_json", 5, False),
        (PROSE, "no_json", 6, True),
        (REFUSED, "refused", 1, True),
        (USED, "", 6, False),
    ],
)
def test_a_stage_that_ends_without_one_answer_of_use_says_so(
    answer: Answer, flaw: str, count: int, stops: bool
) -> None:
    watch = EarlyStop("seed", 0.5)
    answers = [Noted(str(number), answer, flaw) for number in range(count)]
    if stops:
        with pytest.raises(BadInput, match=rf"all {count} answers of seed .*{flaw}"):
            watch.finish(answers)
        assert watch.useless == tuple(each.key for each in answers)
    watch.finish([*answers, Noted("used", USED, "")])


@pytest.mark.parametrize(
    ("answer", "flaw", "words"),
    [
        (PROSE, "no_json", r"this one: 'Sure, here it is\.'; name another teacher\.model"),
        (REFUSED, "refused", r"the endpoint says: status 400: too long for us; mend"),
        (Answer("{" * 500, Usage(1), "truncated"), "truncated", r"…'; raise teacher\.max_tokens"),
    ],
)
def test_it_says_what_came_and_what_to_do(answer: Answer, flaw: str, words: str) -> None:
    watch = EarlyStop("seed", 0.5)
    for number in range(19):
        watch.note(str(number), answer, flaw)
    with pytest.raises(BadInput, match=words):
        watch.note("20", answer, flaw)
