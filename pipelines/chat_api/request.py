"""A question as a chat-completion request in the words that an endpoint understands."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from pipelines.chat_api.dialect import COUNTS, FORMAT, FORMS, LENGTHS, LIMITS, TEMPERATURE, Dialect
from pipelines.chat_api.questions import Question
from pipelines.recipe.teacher_section import TeacherSection

MESSAGE_TOKENS = 16
"""A chat template adds fewer to a message."""
BYTES_PER_TOKEN = 4
"""English; only for the pace: the budget counts a byte as a token, which none can exceed."""
FORM_ASKED = "\n\nAnswer with one JSON object and nothing else, of this schema:\n"


def request_of(
    question: Question, model: str, settings: TeacherSection, dialect: Dialect
) -> dict[str, Any]:
    """The body of the request."""
    bounds = () if settings.length_in_schema else (*LENGTHS, *COUNTS)
    shaped = without(question.schema, (*bounds, *dialect.left_out))
    own = question.temperature
    request: dict[str, Any] = {
        "model": model,
        "messages": _messages(question, shaped if dialect.form != FORMS[0] else None),
        TEMPERATURE: settings.temperature if own is None else own,
        "top_p": settings.top_p,
        "seed": question.seed,
        **_limit(dialect, settings.max_tokens),
        **({"reasoning_effort": settings.reasoning_effort} if settings.reasoning_effort else {}),
        **_form(shaped, dialect),
        **settings.extra_body,
    }
    return {name: value for name, value in request.items() if dialect.takes(name, value)}


def _limit(dialect: Dialect, longest: int) -> dict[str, int]:
    return {dialect.limit: longest + dialect.thinking_tokens} if dialect.limit else {}


def _form(shaped: Any, dialect: Dialect) -> dict[str, Any]:
    if dialect.form == "json_schema":
        named = {"name": "answer", "schema": shaped, "strict": True}
        format_ = {"type": dialect.form, "json_schema": without(named, dialect.left_out)}
        return {FORMAT: format_}
    if dialect.form == "json_object_with_schema":
        return {FORMAT: {"type": "json_object", "schema": shaped}}
    return {FORMAT: {"type": dialect.form}} if dialect.form == "json_object" else {}


def _messages(question: Question, told: Any) -> list[dict[str, str]]:
    messages = []
    for shot in question.shots:
        messages.append({"role": "user", "content": shot.question})
        messages.append({"role": "assistant", "content": shot.answer})
    text = question.text
    if told is not None:
        text += f"{FORM_ASKED}{_json(told)}"
    return [*messages, {"role": "user", "content": text}]


def most_tokens(request: Mapping[str, Any], longest: int) -> tuple[int, int]:
    """Upper bounds of prompt and completion: a token is at least one byte."""
    sent = len(_json([request["messages"], request.get(FORMAT)]).encode())
    return sent + MESSAGE_TOKENS * len(request["messages"]), limit_of(request, longest)


def likely_tokens(request: Mapping[str, Any], longest: int) -> int:
    """What a provider's limit on tokens a minute counts: the prompt and the longest answer."""
    return len(_json(request["messages"])) // BYTES_PER_TOKEN + limit_of(request, longest)


def limit_of(request: Mapping[str, Any], longest: int) -> int:
    """The longest answer that `request` asks for: `longest` where it may not say."""
    return max([int(request[word]) for word in LIMITS if word in request], default=longest)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def without(schema: Any, keywords: Collection[str]) -> Any:
    """`schema` without these keywords, at any depth; a property of such a name stays."""
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: {name: without(each, keywords) for name, each in value.items()}
        if key == "properties"
        else without(value, keywords)
        for key, value in schema.items()
        if key not in keywords
    }
