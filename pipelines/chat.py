"""A question as a chat-completion request in the words that an endpoint understands."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipelines.questions import Question
from pipelines.replies import Fault, FaultKind
from pipelines.teacher_section import Teacher as TeacherSettings

MESSAGE_TOKENS = 16
"""A chat template adds fewer to a message."""
BYTES_PER_TOKEN = 4
"""English; only for the pace: the budget counts a byte as a token, which none can exceed."""
FORMS = ("json_schema", "json_object", "text")
"""How an answer's form is asked for, strictest first; `text` leaves it to the repair ladder."""
FORM_ASKED = "\n\nAnswer with one JSON object and nothing else, of this schema:\n"
FORM_WORDS = ("response_format", "json_schema", "json_object", "structured", "guided")
OPTIONAL = ("temperature", "top_p", "seed")
"""An endpoint that refuses one of these is asked without it: some models fix them."""
PROMPT_WORDS = ("messages", "content_filter")
"""A refusal under such a name is of what was asked, whatever words it quotes."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Which parameters an endpoint takes; narrowed when it refuses one by its name."""

    form: str = FORMS[0]
    limit: str = "max_completion_tokens"
    left_out: tuple[str, ...] = ()
    """Those of the optional parameters that it does not take."""

    def narrowed(self, fault: Fault) -> "Dialect":
        """What is left after `fault`; the same dialect when it names none of its parameters."""
        if fault.kind is not FaultKind.REFUSED:
            return self
        said = f"{fault.name} {fault.message}"
        if any(word in said for word in FORM_WORDS) and self.form != FORMS[-1]:
            return replace(self, form=FORMS[FORMS.index(self.form) + 1])
        if "max_completion_tokens" in said and self.limit == "max_completion_tokens":
            return replace(self, limit="max_tokens")
        named = {*self.left_out, *named_in(fault)}
        return replace(self, left_out=tuple(name for name in OPTIONAL if name in named))


def named_in(fault: Fault) -> list[str]:
    """Words that may name the refused parameter: its name where it is told, else the message's."""
    if any(word in fault.name for word in PROMPT_WORDS):
        return []
    return [fault.name] if fault.name in OPTIONAL else re.findall(r"\w+", fault.message)


def request_of(
    question: Question, model: str, settings: TeacherSettings, dialect: Dialect
) -> dict[str, Any]:
    """The body of the request."""
    shaped = question.schema if settings.length_in_schema else without_lengths(question.schema)
    own = question.temperature
    request: dict[str, Any] = {
        "model": model,
        "messages": _messages(question, shaped if dialect.form != FORMS[0] else None),
        "temperature": settings.temperature if own is None else own,
        "top_p": settings.top_p,
        "seed": question.seed,
        dialect.limit: settings.max_tokens,
    }
    for name in dialect.left_out:
        del request[name]
    if dialect.form == "json_schema":
        named = {"name": "answer", "schema": shaped, "strict": True}
        request["response_format"] = {"type": "json_schema", "json_schema": named}
    elif dialect.form == "json_object":
        request["response_format"] = {"type": "json_object"}
    return request


def _messages(question: Question, told: Any) -> list[dict[str, str]]:
    messages = []
    for shot in question.shots:
        messages.append({"role": "user", "content": shot.question})
        messages.append({"role": "assistant", "content": shot.answer})
    text = question.text
    if told is not None:
        text += f"{FORM_ASKED}{_json(told)}"
    return [*messages, {"role": "user", "content": text}]


def most_tokens(request: Mapping[str, Any]) -> tuple[int, int]:
    """Upper bounds of prompt and completion: a token is at least one byte."""
    sent = len(_json([request["messages"], request.get("response_format")]).encode())
    return sent + MESSAGE_TOKENS * len(request["messages"]), _limit(request)


def likely_tokens(request: Mapping[str, Any]) -> int:
    """What a provider's limit on tokens a minute counts: the prompt and the longest answer."""
    return len(_json(request["messages"])) // BYTES_PER_TOKEN + _limit(request)


def _limit(request: Mapping[str, Any]) -> int:
    return int(request.get("max_completion_tokens") or request["max_tokens"])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def without_lengths(schema: Any) -> Any:
    """`schema` without the string lengths that some endpoints refuse."""
    if isinstance(schema, Mapping):
        bounds = ("minLength", "maxLength", "minItems", "maxItems")
        return {key: without_lengths(value) for key, value in schema.items() if key not in bounds}
    return schema
