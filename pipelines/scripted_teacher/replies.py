"""Replies of a scripted teacher: a text, a status, or something odd."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Odd:
    """An outcome that is not just a text or a status: late, cut short, or in another form."""

    text: str = "{}"
    status: int = 200
    delay_s: float = 0.0
    finish: str = "stop"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Sent in place of a completion."""
    sent_share: float = 1.0
    """Share of the body that is sent before the connection breaks."""
    usage: bool | Mapping[str, Any] = True
    """Whether the reply says what it cost, or what it says instead."""


Script = Callable[[dict[str, Any]], str | int | Odd]
"""A request in; the text of the answer, the HTTP status of a failure, or something odd out."""


def odd(outcome: str | int | Odd) -> Odd:
    """Any outcome of a script in the long form."""
    if isinstance(outcome, str):
        return Odd(outcome)
    return Odd(status=outcome, body=b"{}") if isinstance(outcome, int) else outcome


def refusal(status: int, message: str, *, param: str = "", code: str = "") -> Odd:
    """An error as OpenAI words it."""
    error = {"message": message, "param": param or None, "code": code or None, "type": "error"}
    return Odd(status=status, body=json.dumps({"error": error}).encode())


def reply_of(outcome: Odd) -> dict[str, Any]:
    """The body of a completion."""
    message = {"role": "assistant", "content": outcome.text}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return {
        "id": "scripted",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": outcome.finish}],
        "usage": usage if outcome.usage is True else outcome.usage or None,
    }
