"""The teacher is asked over the real protocol, within its budget, and its faults are survived."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import BadInput, OverBudget, Unavailable, Unparsable
from pipelines.budget.budget import Budget
from pipelines.budget.usage import Caps
from pipelines.chat_api.questions import Answer, Question
from pipelines.chat_api.request import without
from pipelines.chat_api.teacher import Teacher
from pipelines.data.examples import Turn
from pipelines.openai_client.client import Endpoint, TeacherClient
from pipelines.recipe.prices import price_of
from pipelines.recipe.teacher_section import Prices
from pipelines.recipe.teacher_section import TeacherSection as Settings
from pipelines.scripted_teacher.replies import Odd, Script, refusal
from pipelines.scripted_teacher.server import ScriptedTeacher, scripted_teacher

SCHEMA = {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}}
NO_CAPS = Caps()
FAST = {"model": "m", "max_tokens": 20, "retries": 3, "prices": Prices(prompt=10, completion=20)}
QUESTION = Question("Why?", SCHEMA, 5, shots=(Turn("q", "a"),))


def ask_many(
    script: Script, folder: Path, count: int = 1, caps: Caps = NO_CAPS, **changes: Any
) -> tuple[list[Answer | BaseException], ScriptedTeacher, Budget]:
    """Ask `count` questions at once; what came of each, and where it was asked."""
    settings = Settings(**{**FAST, **changes})
    budget = Budget(UPath(folder), caps)

    async def asked() -> list[Answer | BaseException]:
        client = TeacherClient(Endpoint(served.url, "m", "key"), settings.timeout_s)
        price = price_of("m", settings.prices)
        teacher = Teacher(client, "m", settings=settings, budget=budget, price=price)
        questions = [Question(f"Why {n}?", SCHEMA, n) for n in range(count)]
        asks = [teacher.ask(question) for question in (questions if count > 1 else [QUESTION])]
        outcomes = await asyncio.gather(*asks, return_exceptions=True)
        await client.close()
        return list(outcomes)

    with scripted_teacher(script) as served:
        return asyncio.run(asked()), served, budget


def ask(
    script: Script, folder: Path, caps: Caps = NO_CAPS, **changes: Any
) -> tuple[Answer, ScriptedTeacher, Budget]:
    (outcome,), served, budget = ask_many(script, folder, 1, caps, **changes)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome, served, budget


def one_after_another(*outcomes: str | int | Odd) -> Script:
    """A script that gives these, then fine answers."""
    left: Iterator[str | int | Odd] = itertools.chain(outcomes, itertools.repeat("{}"))
    return lambda request: next(left)


def test_sends_shots_question_seed_and_schema(tmp_path: Path) -> None:
    answer, served, _ = ask(lambda request: '{"a": "b"}', tmp_path)
    (request,) = served.requests
    assert [message["content"] for message in request["messages"]] == ["q", "a", "Why?"]
    assert request["seed"] == 5
    assert request["response_format"]["json_schema"]["schema"] == without(SCHEMA, ["minLength"])
    assert answer.text == '{"a": "b"}'


def test_settles_what_the_endpoint_says_it_cost(tmp_path: Path) -> None:
    _, _, budget = ask(lambda request: "{}", tmp_path)
    assert (budget.spent.calls, budget.spent.tokens) == (1, 15)
    assert budget.spent.dollars == pytest.approx((10 * 10 + 5 * 20) / 1e6)


def test_a_reply_that_does_not_say_what_it_cost_counts_in_full(tmp_path: Path) -> None:
    answer, _, budget = ask(lambda request: Odd(usage=False), tmp_path)
    assert budget.spent.completion_tokens == 20
    assert answer.usage == budget.spent


def test_tries_again_when_the_endpoint_is_busy(tmp_path: Path) -> None:
    _, served, budget = ask(one_after_another(429, 500), tmp_path)
    assert len(served.requests) == 3
    assert budget.spent.calls == 1


@pytest.mark.parametrize(
    "outcome",
    [
        Odd(sent_share=0.5),
        Odd(body=b'{"choices": [{"mess'),
        Odd(body=b"[]"),
        Odd(body=b'{"choices": []}'),
        Odd(body=b'{"choices": [{"message": {"content": 5}}]}'),
        Odd(delay_s=1.5),
    ],
    ids=["cut short", "not JSON", "another form", "no choice", "no text", "late"],
)
def test_a_broken_answer_is_asked_for_again_and_counts_as_paid(
    tmp_path: Path, outcome: Odd
) -> None:
    answer, served, budget = ask(one_after_another(outcome), tmp_path, timeout_s=1)
    assert (answer.text, len(served.requests)) == ("{}", 2)
    assert (budget.spent.calls, answer.usage.calls) == (2, 1)


def test_an_answer_that_trickles_in_is_late_too(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(Unavailable, match="no answer within 1 s"):
        ask(lambda request: Odd(delay_s=3), tmp_path, timeout_s=1, retries=1)
    assert time.monotonic() - started < 2.9


def test_being_told_to_wait_longer_than_the_deadline_ends_the_step_with_the_reason(
    tmp_path: Path,
) -> None:
    day = Odd(
        status=429,
        headers={"retry-after": "25920"},
        body=b'{"error": {"message": "Requests a day used up"}}',
    )
    outcomes, served, _ = ask_many(one_after_another("{}", "{}", *[day] * 20), tmp_path, 20)
    stopped = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
    assert "Requests a day used up" in str(stopped[0])
    assert len(stopped) == 18
    assert len(served.requests) <= 20


@pytest.mark.parametrize("unit", ["seconds", "milliseconds", "date"])
def test_waits_as_long_as_the_endpoint_asks(tmp_path: Path, unit: str) -> None:
    headers = {
        "seconds": {"retry-after": "1.2"},
        "milliseconds": {"retry-after-ms": "1200"},
        "date": {"retry-after": formatdate(time.time() + 2.2, usegmt=True)},
    }[unit]
    _, served, _ = ask(one_after_another(Odd(status=429, body=b"{}", headers=headers)), tmp_path)
    assert served.times[1] - served.times[0] >= 1.1


def test_being_busy_is_no_failure_however_often(tmp_path: Path) -> None:
    busy = Odd(status=429, body=b"{}", headers={"retry-after-ms": "1"})
    _, served, _ = ask(one_after_another(*[busy] * 8), tmp_path, retries=2)
    assert len(served.requests) == 9


def test_an_endpoint_that_is_always_busy_is_left_at_the_deadline(tmp_path: Path) -> None:
    busy = Odd(status=429, body=b"{}", headers={"retry-after-ms": "200"})
    with pytest.raises(Unavailable, match="status 429"):
        ask(lambda request: busy, tmp_path, deadline_s=1)


def test_gives_up_on_an_endpoint_that_stays_away(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="start the same command again"):
        ask(lambda request: 503, tmp_path)


def test_a_question_that_alone_fails_is_dropped_by_name(tmp_path: Path) -> None:
    def script(request: dict[str, Any]) -> str | int | Odd:
        return 500 if "Why 3?" in str(request) else Odd(delay_s=0.4)

    answers, _, _ = ask_many(script, tmp_path, 20, retries=2, concurrency=2)
    faults = [answer.fault for answer in answers if isinstance(answer, Answer)]
    assert (faults.count("unavailable"), faults.count("")) == (1, 19)


def test_a_sustained_error_rate_stops_the_step_and_says_why(tmp_path: Path) -> None:
    turns = itertools.count()

    def script(request: dict[str, Any]) -> str | int:
        return 502 if next(turns) % 4 else "{}"

    outcomes, served, _ = ask_many(script, tmp_path, 200, retries=50, failing_s=0, concurrency=8)
    stopped = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
    assert len(served.requests) < 100
    assert "of the last" in str(stopped[0]) and "status 502" in str(stopped[0])


def test_a_refused_question_is_an_answer_that_says_so(tmp_path: Path) -> None:
    answer, served, budget = ask(lambda request: 400, tmp_path)
    assert len(served.requests) == 1
    assert answer.why
    assert budget.spent.calls == 0
    with pytest.raises(Unparsable, match="refused"):
        answer.written()


@pytest.mark.parametrize(
    "outcome", [401, refusal(429, "no money left", code="insufficient_quota")], ids=["key", "quota"]
)
def test_what_only_its_owner_can_mend_is_not_tried_again(
    tmp_path: Path, outcome: int | Odd
) -> None:
    with pytest.raises(BadInput, match=r"status 4.*OPENAI_API_KEY"):
        ask(lambda request: outcome, tmp_path)


def test_a_limit_that_the_model_does_not_have_names_the_field(tmp_path: Path) -> None:
    words = "max_tokens is too large: 20. This model supports at most 10 completion tokens"
    outcome = refusal(400, words, param="max_tokens")
    with pytest.raises(BadInput, match=r"teacher\.max_tokens: lower it.*at most 10"):
        ask(lambda request: outcome, tmp_path)


def test_a_stream_says_what_may_prevent_it(tmp_path: Path) -> None:
    outcome = Odd(body=b'data: {"choices": []}\n\ndata: [DONE]\n')
    with pytest.raises(Unavailable, match=r"teacher\.extra_body=\{stream: false\}"):
        ask(lambda request: outcome, tmp_path, retries=1)


@pytest.mark.parametrize(
    ("finish", "text", "fault"),
    [
        ("length", "{", "truncated"),
        ("content_filter", "", "filtered"),
        ("stop", "  ", "empty"),
    ],
)
def test_an_answer_that_is_none_is_tried_again_then_dropped_by_name(
    tmp_path: Path, finish: str, text: str, fault: str
) -> None:
    answer, served, _ = ask(lambda request: Odd(text, finish=finish), tmp_path, attempts=3)
    assert [request["seed"] for request in served.requests] == [5, 6, 7]
    assert (answer.usage.calls, answer.why) == (3, "")
    with pytest.raises(Unparsable, match=fault):
        answer.written()


def test_a_second_attempt_may_be_whole(tmp_path: Path) -> None:
    answer, _, _ = ask(one_after_another(Odd("{", finish="length")), tmp_path, attempts=2)
    assert (answer.written(), answer.usage.calls) == ("{}", 2)


def test_a_filtered_question_has_the_filters_name(tmp_path: Path) -> None:
    answer, _, _ = ask(lambda request: refusal(400, "no", code="content_filter"), tmp_path)
    assert answer.fault == "filtered"


@pytest.mark.parametrize("least", ["json_object", "text"])
def test_an_endpoint_without_structured_outputs_is_told_the_schema(
    tmp_path: Path, least: str
) -> None:
    taken = {"json_object": ("json_object", None), "text": (None,)}[least]

    def script(request: dict[str, Any]) -> str | Odd:
        form = request.get("response_format", {}).get("type")
        wrong = refusal(400, f"unknown type {form}", param="response_format")
        return "{}" if form in taken else wrong

    outcomes, served, budget = ask_many(script, tmp_path, 5, concurrency=1)
    assert all(isinstance(outcome, Answer) and not outcome.fault for outcome in outcomes)
    refused = 1 if least == "json_object" else 3
    assert len(served.requests) == 5 + refused
    assert '"properties"' in served.requests[-1]["messages"][-1]["content"]
    assert budget.spent.calls == 5


def test_a_form_that_is_taken_and_not_heeded_is_told_once_and_asked_for_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(request: dict[str, Any]) -> str:
        is_told = '"properties"' in request["messages"][-1]["content"]
        return '{"a": "b"}' if is_told else 'Sure! {"a": "b"} Anything else?'

    _, served, _ = ask_many(script, tmp_path, 40, concurrency=4)
    forms = [request["response_format"]["type"] for request in served.requests]
    assert forms.count("json_schema") in range(10, 14)
    assert set(forms) == {"json_schema", "json_object"}
    assert capsys.readouterr().out.count("none of 10 answers has this form") == 1


@pytest.mark.parametrize("finish", ["tool_calls", "malformed"])
def test_an_empty_answer_that_ends_before_its_limit_was_not_thought_away(
    tmp_path: Path, finish: str
) -> None:
    answer, served, _ = ask(lambda request: Odd("", finish=finish), tmp_path)
    assert (answer.fault, len(served.requests)) == ("truncated", 1)


def test_an_older_endpoint_is_asked_in_its_own_words(tmp_path: Path) -> None:
    def script(request: dict[str, Any]) -> str | Odd:
        for name in ("max_completion_tokens", "seed"):
            if name in request:
                return refusal(400, f"Unrecognized request argument: {name}", param=name)
        return "{}"

    _, served, _ = ask(script, tmp_path)
    assert served.requests[-1]["max_tokens"] == 20


UNSUPPORTED = "Unsupported value: '{}' does not support 0.0 with this model. Only 1 is supported."


@pytest.mark.parametrize("names", [("temperature",), ("top_p",), ("temperature", "top_p", "seed")])
@pytest.mark.parametrize("told", ["param", "text", "detail"])
def test_an_endpoint_that_fixes_a_parameter_is_asked_without_it(
    tmp_path: Path, names: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(request: dict[str, Any]) -> str | Odd:
        name = next((name for name in names if name in request), "")
        message = UNSUPPORTED.format(name)
        if told == "detail":
            body = json.dumps({"detail": [{"loc": ["body", name], "msg": "not supported"}]})
            return Odd(status=422, body=body.encode()) if name else "{}"
        param, code = (name, "unsupported_value") if told == "param" else ("", "")
        return refusal(400, message, param=param, code=code) if name else "{}"

    outcomes, served, budget = ask_many(script, tmp_path, 5, concurrency=1)
    assert all(isinstance(outcome, Answer) and not outcome.fault for outcome in outcomes)
    assert len(served.requests) == 5 + len(names)
    kept = {"temperature", "top_p", "seed"} - set(names)
    assert kept == {"temperature", "top_p", "seed"} & served.requests[-1].keys()
    assert budget.spent.calls == 5
    assert capsys.readouterr().out.count("is asked without") == len(names)


def test_a_refused_prompt_costs_no_parameter(tmp_path: Path) -> None:
    def script(request: dict[str, Any]) -> Odd:
        return refusal(400, "no prompts on temperature", param="messages[0].content")

    answer, served, _ = ask(script, tmp_path)
    assert answer.fault == "refused"
    assert len(served.requests) == 1


def test_sends_nothing_when_a_cap_would_be_passed(tmp_path: Path) -> None:
    sent: list[dict[str, Any]] = []

    def note(request: dict[str, Any]) -> str:
        sent.append(request)
        return "{}"

    with pytest.raises(OverBudget, match="tokens"):
        ask(note, tmp_path, Caps(tokens=10))
    assert sent == []


def test_azure_is_asked_at_its_deployment(tmp_path: Path) -> None:
    async def asked(url: str) -> None:
        endpoint = Endpoint(url.removesuffix("/v1"), "mine", "key", "2024-10-21")
        client = TeacherClient(endpoint, 5)
        await client.complete({"model": "mine", "messages": []})
        await client.close()

    with scripted_teacher(lambda request: "{}") as served:
        asyncio.run(asked(served.url))
    path = "/openai/deployments/mine/chat/completions?api-version=2024-10-21"
    assert served.paths == [path]


def test_halves_its_requests_in_flight_when_the_endpoint_is_busy(tmp_path: Path) -> None:
    flying = itertools.count()
    now, peak = [0], [0]

    def script(request: dict[str, Any]) -> str | Odd:
        now[0] += 1
        turn = next(flying)
        peak[0] = max(peak[0], now[0]) if turn > 40 else 0
        time.sleep(0.02)
        now[0] -= 1
        busy = Odd(status=429, body=b"{}", headers={"retry-after-ms": "1"})
        return busy if turn < 40 else "{}"

    answers, _, _ = ask_many(script, tmp_path, 60, concurrency=32)
    assert all(isinstance(answer, Answer) for answer in answers)
    assert 0 < peak[0] <= 16
