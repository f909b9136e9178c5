"""Whose fault it is that there is no answer, by status and by words."""

from typing import Any

import pytest

from pipelines.openai_client.faults import fault_of_status, outcome_of, retry_after
from pipelines.openai_client.replies import Fault, FaultKind, Reply


def kind(status: int, message: str, code: Any = None, **headers: str) -> tuple[FaultKind, str]:
    body = {"error": {"message": message, "code": code}}
    fault = fault_of_status(status, body, headers)
    return fault.kind, fault.reason


SPENT = "You exceeded your current quota, please check your plan and billing details."
CASES: dict[str, tuple[int, str, str | None, FaultKind, str]] = {
    "OpenAI, spent": (429, SPENT, "insufficient_quota", FaultKind.DENIED, "denied"),
    "OpenAI, hard limit": (400, "x", "billing_hard_limit_reached", FaultKind.DENIED, "denied"),
    "DeepSeek": (402, "Insufficient Balance", None, FaultKind.DENIED, "denied"),
    "OpenRouter": (402, "Insufficient credits. Add more", None, FaultKind.DENIED, "denied"),
    "a gateway's bare 402": (402, "Payment Required", None, FaultKind.DENIED, "denied"),
    "Anthropic": (
        400,
        "Your credit balance is too low to access",
        None,
        FaultKind.DENIED,
        "denied",
    ),
    "LiteLLM": (
        400,
        "Budget has been exceeded! Current cost: 0.1",
        "400",
        FaultKind.DENIED,
        "denied",
    ),
    "Moonshot": (429, "x", "exceeded_current_quota_error", FaultKind.DENIED, "denied"),
    "Gemini's key": (
        400,
        "API key not valid. Please pass a valid API key.",
        None,
        FaultKind.DENIED,
        "denied",
    ),
    "Mistral's model": (400, "Invalid model: mistral-tiny-9", "1500", FaultKind.DENIED, "denied"),
    "OpenRouter's model": (400, "x/y is not a valid model ID", None, FaultKind.DENIED, "denied"),
    "too fast": (429, "Rate limit reached for requests", None, FaultKind.BUSY, "unavailable"),
    "overloaded": (529, "Overloaded", "overloaded_error", FaultKind.BUSY, "unavailable"),
    "loading": (503, "Loading model", None, FaultKind.BUSY, "unavailable"),
    "away": (503, "upstream connect error", None, FaultKind.PASSING, "unavailable"),
    "Cloudflare": (524, "A timeout occurred", None, FaultKind.PASSING, "unavailable"),
    "Azure's filter": (
        400,
        "The response was filtered",
        "content_filter",
        FaultKind.REFUSED,
        "filtered",
    ),
    "DashScope's filter": (400, "x", "data_inspection_failed", FaultKind.REFUSED, "filtered"),
    "OpenRouter's moderation": (403, "Your input was flagged", None, FaultKind.REFUSED, "filtered"),
    "too long": (
        400,
        "This model's maximum context length is 1024 tokens.",
        None,
        FaultKind.REFUSED,
        "refused",
    ),
    "Groq's check": (400, "no", "json_validate_failed", FaultKind.PASSING, "unavailable"),
    "not allowed": (403, "forbidden", None, FaultKind.DENIED, "denied"),
}


@pytest.mark.parametrize("name", CASES)
def test_words_tell_whose_fault_it_is(name: str) -> None:
    status, message, code, expected, reason = CASES[name]
    assert kind(status, message, code) == (expected, reason)


def test_the_words_of_a_spent_quota_with_a_time_to_wait_are_a_rate_limit() -> None:
    assert kind(429, SPENT, **{"retry-after": "30"})[0] is FaultKind.BUSY
    assert kind(429, SPENT, "insufficient_quota", **{"retry-after": "30"})[0] is FaultKind.DENIED


def test_a_503_that_says_when_is_being_told_to_wait() -> None:
    fault = fault_of_status(503, b"busy", {"retry-after": "7"})
    assert (fault.kind, fault.retry_after_s) == (FaultKind.BUSY, 7)


@pytest.mark.parametrize("value", ["nan", "inf", "soon", "-5"])
def test_a_wait_that_is_none_is_none(value: str) -> None:
    assert retry_after({"retry-after": value}) == 0


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"message": "slow down", "code": 429}}, FaultKind.BUSY),
        ({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, FaultKind.BUSY),
        ({"error": {"message": "boom", "code": 502}, "choices": []}, FaultKind.PASSING),
        ({"error": "boom"}, FaultKind.PASSING),
        ([{"error": {"code": 403, "message": "not you"}}], FaultKind.DENIED),
        ({"code": 1301, "msg": "boom", "data": None}, FaultKind.PASSING),
        ({"error": "Input validation error: `inputs` too long"}, FaultKind.REFUSED),
        ({"error": {"message": "x", "type": "invalid_request_error"}}, FaultKind.REFUSED),
        ({"error": {"message": "x", "code": "authentication_error"}}, FaultKind.DENIED),
        ({"choices": [{"error": {"code": 502, "message": "x"}}]}, FaultKind.PASSING),
        (
            {
                "choices": [{"message": {"content": None}, "finish_reason": "stop"}],
                "error": {"message": "Provider returned error", "code": 429},
            },
            FaultKind.BUSY,
        ),
    ],
)
def test_an_error_under_status_200_is_one_and_costs_nothing(body: Any, expected: Any) -> None:
    outcome = outcome_of(body)
    assert isinstance(outcome, Fault)
    assert (outcome.kind, outcome.is_paid) == (expected, False)


def test_an_answer_beside_an_empty_error_is_an_answer() -> None:
    body = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}], "error": None}
    assert outcome_of(body) == Reply("{}", "")


@pytest.mark.parametrize(
    "body", [[], {}, {"choices": []}, {"choices": [{}]}, {"id": "x", "model": "m"}, "text", 5, None]
)
def test_another_form_may_have_been_paid(body: Any) -> None:
    outcome = outcome_of(body)
    assert isinstance(outcome, Fault)
    assert (outcome.kind, outcome.is_paid) == (FaultKind.PASSING, True)


@pytest.mark.parametrize(
    ("status", "message", "remedy"),
    [
        (402, "Payment Required", "account"),
        (429, SPENT, "account"),
        (404, "Not Found", "/v1"),
        (405, "Method Not Allowed", "/v1"),
        (407, "Proxy Authentication Required", "HTTPS_PROXY"),
        (401, "no", "MY_KEY"),
    ],
)
def test_says_what_to_mend(status: int, message: str, remedy: str) -> None:
    assert remedy in fault_of_status(status, {"error": message}, {}).remedy("MY_KEY")


def test_a_spent_account_under_status_200_ends_the_step_and_costs_nothing() -> None:
    fault = outcome_of({"choices": None, "base_resp": {"status_msg": "insufficient balance"}})
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.is_paid) == (FaultKind.DENIED, False)
    assert "insufficient balance" in fault.message
