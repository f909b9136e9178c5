"""A question's content is all of it: another question has another key."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from littlegiants.tasks import digest
from pipelines.chat_api.questions import Question
from pipelines.data.examples import Turn

QUESTION = Question("Why?", {"type": "object"}, 5, 0.5, (Turn("q", "a"),))
CHANGES: dict[str, Any] = {
    "text": "How?",
    "schema": {"type": "array"},
    "seed": 6,
    "temperature": None,
    "shots": (Turn("q", "b"),),
}


@pytest.mark.parametrize("field", [*asdict(QUESTION)])
def test_each_part_decides_the_key(field: str) -> None:
    other = replace(QUESTION, **{field: CHANGES[field]})
    assert digest(other.content()) != digest(QUESTION.content())


def test_the_key_is_that_of_plain_data() -> None:
    assert digest(QUESTION.content()) == digest(asdict(QUESTION))
