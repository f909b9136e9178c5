"""The ledger has what the endpoint has counted, whatever the endpoint does."""

import asyncio
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import BadInput, OverBudget
from pipelines.budget.budget import Budget
from pipelines.budget.usage import Caps
from pipelines.chat_api.questions import Answer, Question
from pipelines.chat_api.teacher import Teacher
from pipelines.openai_client.client import Endpoint, TeacherClient
from pipelines.recipe.teacher_section import TeacherSection as Settings
from pipelines.scripted_teacher.replies import Odd, Script, refusal
from pipelines.scripted_teacher.server import scripted_teacher

LIMIT = 20
NO_CAPS = Caps()
SOON = {"retry-after-ms": "1"}
QUESTIONS = [Question(f"Why {n}?", {"type": "object"}, n) for n in range(6)]
PLAIN = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def spent(
    folder: Path, script: Script, caps: Caps = NO_CAPS, **changes: Any
) -> tuple[int, int, list[Answer | BaseException]]:
    """Calls and tokens in the ledger after six questions, and what came of each."""
    how = {"retries": 4, "concurrency": 2, **changes}
    settings = Settings(model="m", max_tokens=LIMIT, **how)
    budget = Budget(UPath(folder), caps)

    async def asked(url: str) -> list[Answer | BaseException]:
        client = TeacherClient(Endpoint(url, "m", "key"), 5)
        teacher = Teacher(client, "m", settings=settings, budget=budget)
        asks = (teacher.ask(question) for question in QUESTIONS)
        outcomes = await asyncio.gather(*asks, return_exceptions=True)
        await client.close()
        return list(outcomes)

    with scripted_teacher(script) as served:
        outcomes = asyncio.run(asked(served.url))
    budget.close()
    ledger = Budget(UPath(folder), Caps()).spent
    return ledger.calls, ledger.tokens, outcomes


def every_third(odd: Any) -> Script:
    turns = itertools.count()
    return lambda request: odd if next(turns) % 3 == 1 else Odd(usage=PLAIN)


THOUGHT: Mapping[str, Any] = {**PLAIN, "total_tokens": 1015}


@pytest.mark.parametrize(
    ("odd", "tokens", "calls"),
    [
        (Odd(usage=THOUGHT), 4 * 15 + 2 * 1015, 6),
        (Odd(usage={"total_tokens": 40}), 4 * 15 + 2 * 40, 6),
        (Odd(usage={"input_tokens": 30, "output_tokens": 10}), 4 * 15 + 2 * 40, 6),
        (Odd(usage={**PLAIN, "prompt_tokens": "9000"}), 4 * 15 + 2 * 9005, 6),
        (Odd(status=429, body=b"{}", headers=SOON), 6 * 15, 6),
        (Odd(status=503, body=b"{}", headers=SOON), 6 * 15, 6),
        (refusal(400, "too long"), 4 * 15, 4),
        (Odd(body=b'{"error": {"message": "try again in 0.01s", "code": 429}}'), 6 * 15, 6),
        (
            Odd(body=b'{"error": {"message": "broken", "code": 500}}'),
            6 * 15,
            6,
        ),
        (Odd(body=b"<html>gateway</html>"), 6 * 15, 6),
        (Odd(finish="length", text="{", usage=PLAIN), 6 * 15, 6),
        (Odd(finish="content_filter", text="", usage=PLAIN), 6 * 15, 6),
    ],
)
def test_the_ledger_has_the_endpoints_own_count(
    tmp_path: Path, odd: Any, tokens: int, calls: int
) -> None:
    assert spent(tmp_path, every_third(odd))[:2] == (calls, tokens)


def test_what_was_never_sent_costs_nothing(tmp_path: Path) -> None:
    async def asked() -> None:
        client = TeacherClient(Endpoint("http://127.0.0.1:1/v1", "m", "key"), 5)
        settings = Settings(model="m", max_tokens=LIMIT, retries=1)
        teacher = Teacher(client, "m", settings=settings, budget=budget)
        await asyncio.gather(*map(teacher.ask, QUESTIONS), return_exceptions=True)
        await client.close()

    budget = Budget(UPath(tmp_path), Caps())
    asyncio.run(asked())
    assert (budget.spent.calls, budget.spent.tokens) == (0, 0)


def test_thinking_that_no_limit_holds_for_is_reserved_once_it_was_seen(tmp_path: Path) -> None:
    calls, tokens, outcomes = spent(tmp_path, lambda request: Odd(usage=THOUGHT), Caps(tokens=6000))
    assert tokens == calls * 1015
    assert calls == 5
    assert all(isinstance(each, Answer | OverBudget) for each in outcomes)


@pytest.mark.parametrize("left_out", [(), ("max_tokens",)])
def test_an_endpoint_that_heeds_no_limit_ends_the_step_after_an_answer_for_each_word(
    tmp_path: Path, left_out: tuple[str, ...]
) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 4000, "total_tokens": 4010}
    how: Any = {"concurrency": len(QUESTIONS), "leave_out": left_out}
    calls, tokens, outcomes = spent(tmp_path, lambda request: Odd(usage=usage), **how)
    assert (calls, tokens) == (2 - len(left_out), (2 - len(left_out)) * 4010)
    stopped = [each for each in outcomes if isinstance(each, BadInput)]
    assert "4,000 tokens were written where at most 20" in str(stopped[0])
    assert len(stopped) == len(QUESTIONS) - calls + 1


def test_one_answer_tells_which_word_for_the_limit_is_heeded(tmp_path: Path) -> None:
    def script(request: Any) -> Odd:
        written = 5 if "max_tokens" in request else 4000
        return Odd(usage={"prompt_tokens": 10, "completion_tokens": written})

    calls, tokens, _ = spent(tmp_path, script, concurrency=len(QUESTIONS))
    assert (calls, tokens) == (6, 4010 + 5 * 15)
