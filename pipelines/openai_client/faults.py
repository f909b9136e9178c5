"""What an endpoint says when it does not answer, as a fault: whose it is, and what helps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from pipelines.openai_client.error_bodies import Told, told_by
from pipelines.openai_client.replies import FILTER, SPENT, Fault, FaultKind, Reply, reply_of

REFUSED_STATUS = (400, 413, 422)
PASSING_STATUS = (408, 409, 425, 499)
OF_WORDS: tuple[tuple[int, str], ...] = (
    (429, r"rate.?limit|too.many.requests|overloaded|resource_exhausted"),
    (401, r"unauthori[sz]ed|unauthenticated|authentication|permission.denied"),
    (400, r"invalid.?(request|argument|param)|bad.?request|validation|not.supported|unsupported"),
    (400, r"context.?length|unprocessable"),
)
"""The status that an error under status 200 would have had, by its words and codes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of fault that words tell better than the status does."""

    kind: FaultKind
    statuses: tuple[int, ...]
    words: re.Pattern[str]
    name: str = ""


def _words(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


FILTERED = _words(
    *(r"content.?filter", r"content.?(management.)?policy", r"data_inspection_failed"),
    *(r"responsible.?ai", r"flagged", r"prohibited_content", r"guardrail"),
    *(r"safety (system|filter)", r"requires moderation"),
)
UNPAID = _words(
    *(r"insufficient.?(quota|balance|credit|fund)", r"credit balance", r"out of credits"),
    *(r"credits? (have |has )?(expired|exhausted)", r"payment.required", r"hard.limit"),
    *(r"budget.{0,20}exceeded", r"exceeded.{0,20}budget", r"exceeded_current_quota_error"),
    *(r"billing_", r"exceeded your current quota", r"余额不足", r"欠费"),
)
KEY = _words(r"api.?key (is )?(not valid|invalid|expired)", r"(invalid|incorrect|missing) api.?key")
MODEL = _words(
    *(r"model[^.]{0,80}(does not exist|not found|not a valid model)", r"(invalid|unknown) model\b"),
    r"not a valid model",
)
UNFORMED = _words(r"json_validate_failed", r"failed_generation", r"failed to generate json")
"""What was written is not of the form asked for: the model's fault, and another try may do."""
STARTING = _words(r"overloaded", r"loading", r"warming up", r"no capacity", r"try again (in|later)")
RULES = (
    Rule(FaultKind.REFUSED, (400, 403, 422, 451), FILTERED, FILTER),
    Rule(FaultKind.DENIED, (400, 402, 403, 429), UNPAID, SPENT),
    Rule(FaultKind.DENIED, (400, 422), KEY),
    Rule(FaultKind.DENIED, (400, 422), MODEL),
    Rule(FaultKind.BUSY, (503, 529), STARTING),
    Rule(FaultKind.PASSING, (400, 422), UNFORMED),
)


def fault_of_status(status: int, body: Any, headers: Mapping[str, str]) -> Fault:
    """The fault that an HTTP status of 300 and more, its error body and headers tell of."""
    return fault_told(status, told_by(body), headers)


def outcome_of(body: Any) -> Reply | Fault:
    """What a body of status 200 is: a completion, or an error that a gateway passes on so.

    A body of another form is a fault that may have been paid.
    """
    try:
        if error := _error_in(body):
            return replace(_fault_in_reply(error), is_paid=_is_charged(body))
        return reply_of(body)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        message = f"a reply of another form ({type(error).__name__}: {error})"
        return Fault(FaultKind.PASSING, message, is_paid=True)


def _error_in(body: Any) -> Any:
    """The part of a body that tells of an error; nothing where there is an answer beside it."""
    if isinstance(body, list):
        return body
    choices = body.get("choices")
    if not choices:
        return body if told_by(body).text else None
    if choices[0].get("error"):
        return choices[0]["error"]
    is_answered = (choices[0].get("message") or {}).get("content")
    return None if is_answered else body.get("error")


def _is_charged(body: Any) -> bool:
    usage = body.get("usage") if isinstance(body, Mapping) else None
    return bool(usage and usage.get("completion_tokens"))


def _fault_in_reply(error: Any) -> Fault:
    told = told_by(error)
    said = f"{told.text} {' '.join(told.codes)}"
    if UNPAID.search(said):
        return fault_told(402, told, {})
    found = (status for status, words in OF_WORDS if re.search(words, said, re.IGNORECASE))
    return fault_told(told.status or next(found, 500), told, {})


def fault_told(status: int, told: Told, headers: Mapping[str, str]) -> Fault:
    """The fault of a status and what is told with it."""
    wait_s = retry_after(headers) or told.wait_s
    rule = _rule(status, told, wait_s)
    kind = rule.kind if rule else _kind(status, wait_s)
    return Fault(
        kind,
        f"status {status}: {told.text or told.rest or 'no message'}",
        wait_s if kind in (FaultKind.BUSY, FaultKind.PASSING) else 0.0,
        name=(rule.name if rule else "") or _name(told),
        names=told.names,
        codes=told.codes,
        status=status,
    )


def _rule(status: int, told: Told, wait_s: float) -> Rule | None:
    codes = " ".join(told.codes)
    # Gemini tells of a rate limit in OpenAI's words for a spent quota, and how long to wait
    said = codes if status == 429 and wait_s else f"{codes} {told.text}"
    found = (rule for rule in RULES if status in rule.statuses and rule.words.search(said))
    return next(found, None)


def _kind(status: int, wait_s: float) -> FaultKind:
    if status == 429 or (status in (503, 529) and wait_s):
        return FaultKind.BUSY
    if status >= 500 or status in PASSING_STATUS:
        return FaultKind.PASSING
    return FaultKind.REFUSED if status in REFUSED_STATUS else FaultKind.DENIED


def _name(told: Told) -> str:
    """What it is about: the parameter that it names, else its code."""
    return next((name for name in (*told.names, *told.codes) if name not in ("None", "")), "")


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the endpoint asks us to wait: a number, milliseconds or a date; else 0.

    A date is compared with the reply's own, where it has one: our clock may be wrong, or jump.
    """
    milliseconds, value = headers.get("retry-after-ms"), headers.get("retry-after", "")
    try:
        wait_s = float(milliseconds) / 1000 if milliseconds else float(value)
        return max(0.0, wait_s) if isfinite(wait_s) else 0.0
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
