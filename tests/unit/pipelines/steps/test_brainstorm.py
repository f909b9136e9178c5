"""One usable task a topic, none twice."""

import pytest

from littlegiants.errors import Unparsable
from pipelines.steps.brainstorm import first_usable

GOOD = "Given a bread recipe, retrieve the flour it needs."


@pytest.mark.parametrize(
    ("tasks", "used", "reason"),
    [
        (["[A/B](http://x)", "1. 2. 3."], (), "no_usable_task"),
        (["Too short"], (), "no_usable_task"),
        ([GOOD], {GOOD.casefold()}, "repeated_task"),
    ],
    ids=["no sentence", "short", "used"],
)
def test_says_why_no_task_is_usable(tasks: list[str], used: set[str], reason: str) -> None:
    with pytest.raises(Unparsable, match=reason):
        first_usable(tasks, used)


def test_takes_the_first_that_is_usable() -> None:
    assert first_usable(["###", GOOD, "Another task that would do as well."]) == GOOD
