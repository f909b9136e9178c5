"""What an endpoint says to a request: a reply, or a fault that tells what to do next."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from littlegiants.parsing import is_whole
from pipelines.openai_client.token_counts import token_counts

FILTER = "content_filter"
SPENT = "spent"
"""Name of a fault of an account that has no money left."""
NOT_RECORDED = "not_recorded"
"""Code of a recorded teacher's refusal."""
WHOLE = (
    *("", "stop", "eos", "eos_token", "end_turn", "stop_sequence", "stop_token"),
    *("complete", "completed", "end", "done", "finish_reason_stop"),
)
"""Reasons to stop writing that leave an answer whole; the empty one is none told."""
FILTERED = (
    *(FILTER, "content_filtered", "safety", "recitation", "blocklist", "prohibited_content"),
    *("spii", "sensitive", "guardrail_intervened", "error_toxic"),
)
LIMITED = ("length", "max_tokens", "model_length", "max_length", "token_limit")
"""Reasons that say that the limit was reached: by blanks, it may be, after the answer's end."""
TEXT_PARTS = ("text", "output_text")
"""Types of the parts of a message that are its answer; thinking and pictures are not."""


class FaultKind(StrEnum):
    """Whose fault it is, and so what helps."""

    BUSY = "busy"
    """We ask too fast: ask again later, and slower."""
    PASSING = "unavailable"
    """The endpoint failed: ask again."""
    TIMED_OUT = "timed_out"
    """No answer in time: ask again."""
    REFUSED = "refused"
    """This question is not taken, others may be."""
    DENIED = "denied"
    """We are not served at all: key, model, quota."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no reply; `is_paid` when it may have been written and charged all the same."""

    kind: FaultKind
    message: str
    retry_after_s: float = 0.0
    is_paid: bool = False
    name: str = ""
    """What the message is about: a parameter's name, or the endpoint's code."""
    names: tuple[str, ...] = ()
    """Every parameter that the endpoint names as such, as dotted paths into the request."""
    codes: tuple[str, ...] = ()
    """The endpoint's codes and types for it."""
    status: int = 0
    """The HTTP status, where there was one."""

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed later."""
        return self.kind in (FaultKind.BUSY, FaultKind.PASSING, FaultKind.TIMED_OUT)

    @property
    def reason(self) -> str:
        """The name under which an item is dropped for it."""
        if FILTER in self.name:
            return "filtered"
        if self.name == NOT_RECORDED:
            return NOT_RECORDED
        return "unavailable" if self.kind is FaultKind.BUSY else str(self.kind)

    def remedy(self, key_variable: str) -> str:
        """What to mend when an endpoint does not serve us at all."""
        key = f"the key in {key_variable}" if key_variable else "teacher.key_variable"
        if self.name == SPENT or self.status == 402:
            return f"see to the account of {key}"
        if self.status in (404, 405):
            return "mend --teacher (teacher.place; most servers answer under /v1) or teacher.model"
        if self.status == 407:
            return "mend the proxy's name and password in HTTPS_PROXY or HTTP_PROXY"
        if not self.status:
            return "mend --teacher (teacher.place), or what the message names"
        return f"mend the recipe's teacher section or {key}"


@dataclass(frozen=True, slots=True)
class Reply:
    """A completion; token counts are None where the endpoint does not say."""

    text: str
    fault: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    thinking_tokens: int = 0
    """Of the completion's tokens those that are no answer."""


def reply_of(body: Mapping[str, Any]) -> Reply:
    """A chat completion's body as a reply.

    Raises KeyError, IndexError, TypeError or AttributeError where it has another form.
    """
    choice, counts = body["choices"][0], token_counts(body.get("usage"))
    message = choice["message"]
    parts = list(_parts(message.get("content")))
    text = "".join(text for kind, text in parts if kind in TEXT_PARTS)
    is_refused = bool(message.get("refusal")) or any(kind == "refusal" for kind, _ in parts)
    fault = _fault(text, choice.get("finish_reason"), is_refused=is_refused)
    return Reply(text, fault, counts.prompt, counts.completion, counts.thinking)


def _parts(content: Any) -> Iterator[tuple[str, str]]:
    """Type and text of each part of a message's content: a text, an object, or a list of such."""
    if isinstance(content, str):
        yield "text", content
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, str):
                yield "text", part
            else:
                yield str(part.get("type", "text")), str(part.get("text") or "")
    elif isinstance(content, dict):
        yield "text", json.dumps(content, ensure_ascii=False)
    elif content is not None:
        raise TypeError("content is no text")


def _fault(text: str, finish: Any, *, is_refused: bool) -> str:
    """Name of what is wrong with an answer: an unknown reason to stop has cut it."""
    reason = "" if finish is None else str(finish).casefold()
    if is_refused or reason == "refusal":
        return "refused"
    if reason in FILTERED:
        return "filtered"
    if reason not in WHOLE and not (reason in LIMITED and is_whole(text)):
        return "truncated"
    return "" if text.strip() else "empty"
