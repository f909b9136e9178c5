"""What an endpoint says to a request: a reply, or a fault that tells what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

QUOTA = "insufficient_quota"
FILTER = "content_filter"
NOT_RECORDED = "not_recorded"
"""Code of a recorded teacher's refusal."""
FINISHES = {"stop": "", "length": "truncated", FILTER: "filtered", "refusal": "refused"}
"""Name of the failure for each reason to stop writing; other reasons are none."""
PASSING_STATUS = (408, 409, 425)
QUESTION_STATUS = (400, 413, 422)


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


@dataclass(frozen=True, slots=True)
class Reply:
    """A completion; token counts are None where the endpoint does not say."""

    text: str
    fault: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


def reply_from(body: Any) -> Reply | Fault:
    """A chat completion's body as a reply; another form is a fault that may have been paid."""
    try:
        choice, usage = body["choices"][0], body.get("usage") or {}
        message = choice["message"]
        text = message.get("content") or ""
        fault = FINISHES.get(choice.get("finish_reason"), "")
        if message.get("refusal"):
            fault = "refused"
        if not isinstance(text, str):
            raise TypeError("content is no text")
        tokens = [_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens")]
        return Reply(text, fault or ("" if text.strip() else "empty"), *tokens)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        message = f"a reply of another form ({type(error).__name__}: {error})"
        return Fault(FaultKind.PASSING, message, is_paid=True)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def fault_of_status(status: int, body: Any, headers: Mapping[str, str]) -> Fault:
    """The fault that an HTTP status of 300 and more, its error body and headers tell of."""
    error = body.get("error", body) if isinstance(body, Mapping) else {}
    error = error if isinstance(error, Mapping) else {"message": str(error)}
    code = str(error.get("code") or "")
    name = str(error.get("param") or code)
    message = f"status {status}: {error.get('message') or error.get('detail') or 'no message'}"
    if status == 429 and code != QUOTA:
        return Fault(FaultKind.BUSY, message, retry_after(headers), name=name)
    if status >= 500 or status in PASSING_STATUS:
        return Fault(FaultKind.PASSING, message, retry_after(headers), name=name)
    kind = FaultKind.REFUSED if status in QUESTION_STATUS else FaultKind.DENIED
    return Fault(kind, message, name=code if FILTER in code else name)


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the endpoint asks us to wait: a number, milliseconds or a date; else 0.

    A date is compared with the reply's own, where it has one: our clock may be wrong, or jump.
    """
    milliseconds, value = headers.get("retry-after-ms"), headers.get("retry-after", "")
    try:
        return max(0.0, float(milliseconds) / 1000 if milliseconds else float(value))
    except ValueError:
        pass
    if not (moment := _moment(value)):
        return 0.0
    now = _moment(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (moment - now).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
