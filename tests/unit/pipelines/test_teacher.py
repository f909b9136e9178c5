"""The teacher is asked over the real protocol, within its budget."""

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import BadInput, OverBudget, Unavailable, Unparsable
from pipelines.budget import Budget, Caps
from pipelines.questions import Answer, Question, Turn
from pipelines.scripted_teacher import Script, ScriptedTeacher, scripted_teacher
from pipelines.sections import Prices
from pipelines.sections import Teacher as Settings
from pipelines.teacher import Endpoint, Teacher, without_lengths

SCHEMA = {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}}
NO_CAPS = Caps()
SETTINGS = Settings(model="m", max_tokens=20, retries=3, prices=Prices(prompt=10, completion=20))


def ask(
    script: Script, folder: Path, caps: Caps = NO_CAPS
) -> tuple[Answer, ScriptedTeacher, Budget]:
    with scripted_teacher(script) as served:
        budget = Budget(UPath(folder), caps)
        endpoint = Endpoint(served.url, "m", "key")
        teacher = Teacher(endpoint, settings=SETTINGS, budget=budget)
        answer = asyncio.run(teacher.ask(Question("Why?", SCHEMA, 5, shots=(Turn("q", "a"),))))
        return answer, served, budget


def test_sends_shots_question_seed_and_schema(tmp_path: Path) -> None:
    answer, served, _ = ask(lambda request: '{"a": "b"}', tmp_path)
    (request,) = served.requests
    assert [message["content"] for message in request["messages"]] == ["q", "a", "Why?"]
    assert request["seed"] == 5
    assert request["response_format"]["json_schema"]["schema"] == without_lengths(SCHEMA)
    assert answer.text == '{"a": "b"}'


def test_settles_what_the_endpoint_says_it_cost(tmp_path: Path) -> None:
    _, _, budget = ask(lambda request: "{}", tmp_path)
    assert (budget.spent.calls, budget.spent.tokens) == (1, 15)
    assert budget.spent.dollars == pytest.approx((10 * 10 + 5 * 20) / 1e6)


def test_tries_again_when_the_endpoint_is_busy(tmp_path: Path) -> None:
    outcomes: Iterator[str | int] = itertools.chain([429, 500], itertools.repeat("{}"))
    _, served, budget = ask(lambda request: next(outcomes), tmp_path)
    assert len(served.requests) == 3
    assert budget.spent.calls == 1


def test_gives_up_on_an_endpoint_that_stays_away(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="start the same command again"):
        ask(lambda request: 503, tmp_path)


def test_a_refused_question_is_an_answer_that_says_so(tmp_path: Path) -> None:
    answer, served, budget = ask(lambda request: 400, tmp_path)
    assert len(served.requests) == 1
    assert answer.refusal
    assert budget.spent.calls == 0
    with pytest.raises(Unparsable, match="refused"):
        answer.written()


def test_a_wrong_key_is_not_tried_again(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="status 401"):
        ask(lambda request: 401, tmp_path)


def test_sends_nothing_when_a_cap_would_be_passed(tmp_path: Path) -> None:
    sent: list[dict[str, Any]] = []

    def note(request: dict[str, Any]) -> str:
        sent.append(request)
        return "{}"

    with pytest.raises(OverBudget, match="tokens"):
        ask(note, tmp_path, Caps(tokens=10))
    assert sent == []
