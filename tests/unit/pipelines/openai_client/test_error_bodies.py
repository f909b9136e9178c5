"""An error body of any form gives the endpoint's words and the names that it tells."""

import json
from typing import Any

import pytest

from pipelines.openai_client.error_bodies import told_by

LOC = {"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}
RAW = json.dumps({"error": {"message": "no such form", "param": "response_format"}})
BODIES: dict[str, tuple[Any, str, tuple[str, ...]]] = {
    "as OpenAI has it": ({"error": {"message": "no", "param": "top_p"}}, "no", ("top_p",)),
    "a text in place of an error": ({"error": "pull it first"}, "pull it first", ()),
    "a list of errors": ([{"error": {"code": 403, "message": "not you"}}], "not you", ()),
    "pydantic's": ({"detail": [LOC]}, "seed: Extra inputs are not permitted", ("seed",)),
    "pydantic's in a message": (
        {"object": "error", "message": {"detail": [LOC]}},
        "seed: Extra inputs are not permitted",
        ("seed",),
    ),
    "pydantic's written into a message": (
        {"message": "[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra'}]"},
        "[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra'}]",
        ("seed",),
    ),
    "JSON in a message": (
        {"message": json.dumps({"detail": [LOC]})},
        "seed: Extra inputs are not permitted",
        ("seed",),
    ),
    "a provider's behind a gateway's": (
        {"error": {"message": "upstream", "metadata": {"raw": RAW, "provider_name": "P"}}},
        "upstream; no such form",
        ("response_format",),
    ),
    "a problem document": (
        {"type": "urn:x", "title": "Bad Request", "status": 400, "detail": "no top_k"},
        "Bad Request; no top_k",
        (),
    ),
    "by the field's name": (
        {"title": "Invalid", "errors": {"seed": ["unknown"], "top_p": ["too large"]}},
        "Invalid; seed: unknown; top_p: too large",
        ("seed", "top_p"),
    ),
    "a list with fields": (
        {"errors": [{"field": "seed", "message": "unknown"}]},
        "unknown",
        ("seed",),
    ),
    "several texts": ({"statusCode": 400, "message": ["one", "two"]}, "one; two", ()),
    "marked as Unicode": (b'\xef\xbb\xbf{"error": "no"}', "no", ()),
    "a text": (b"the gateway wants a team header", "the gateway wants a team header", ()),
    "a page": (b"<html><head><title>403 Forbidden</title></head><p>x", "403 Forbidden", ()),
    "a page without a title": (b"<div>Blocked <b>here</b></div>", "Blocked here", ()),
    "nothing": (b"", "", ()),
    "a number": ({"code": 7}, "", ()),
    "no JSON after all": (b"{oops", "{oops", ()),
}


@pytest.mark.parametrize("name", BODIES)
def test_says_what_the_endpoint_says(name: str) -> None:
    body, text, names = BODIES[name]
    told = told_by(body)
    assert (told.text, told.names) == (text, names)
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert told_by(written) == told


@pytest.mark.parametrize("code", [429, "429"])
def test_reads_a_status_in_the_body(code: object) -> None:
    assert told_by({"error": {"message": "slow", "code": code}}).status == 429


def test_reads_how_long_to_wait() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "35.5s"}]
    assert told_by([{"error": {"code": 429, "details": details}}]).wait_s == 35.5


def test_a_hostile_body_is_cut() -> None:
    deep: Any = "end"
    for _ in range(500):
        deep = {"error": deep}
    assert told_by(deep).text == ""
    assert len(told_by({"message": "x" * 10**6}).text) < 1000
    assert len(told_by([{"message": f"m{n}"} for n in range(10**5)]).text) < 1000


def test_a_body_without_words_is_told_whole() -> None:
    assert told_by({"fault": {"kind": "quota", "of": ["team"]}}).rest == "kind: quota; of: team"


@pytest.mark.parametrize(
    ("words", "wait_s"),
    [
        ("Limit 100000, Used 99000. Please try again in 7m12.5s.", 432.5),
        ("exceeded the rate limit. Please retry after 6 seconds.", 6),
        ("Try again in 7h12m.", 25920),
        ("Please try again in a few minutes.", 0),
    ],
)
def test_a_wait_that_is_told_in_words_is_read(words: str, wait_s: float) -> None:
    assert told_by({"error": {"message": words}}).wait_s == wait_s
