"""What an endpoint refuses by name is left out, and nothing else."""

from typing import Any

import pytest

from pipelines.chat_api.dialect import Dialect, too_large
from pipelines.chat_api.questions import Question
from pipelines.chat_api.request import request_of
from pipelines.openai_client.faults import fault_of_status
from pipelines.recipe.teacher_section import TeacherSection as Settings

SCHEMA = {
    "type": "object",
    "properties": {"best": {"type": "integer", "enum": [0, 1]}, "seed": {"type": "string"}},
    "required": ["best", "seed"],
    "additionalProperties": False,
}
MORE = {"provider": {"order": ["P"]}, "chat_template_kwargs": {"thinking": False}}
SETTINGS = Settings(model="m", max_tokens=500, reasoning_effort="minimal", extra_body=MORE)
QUESTION = Question("Which?", SCHEMA, seed=3, temperature=0.0)


def sent(dialect: Dialect, settings: Settings = SETTINGS) -> dict[str, Any]:
    return request_of(QUESTION, "m", settings, dialect)


FIRST = Dialect()


def after(body: Any, status: int = 400, dialect: Dialect = FIRST) -> Dialect:
    return dialect.narrowed(fault_of_status(status, body, {}), sent(dialect))


def told(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


def forbidden(*names: str) -> dict[str, Any]:
    locs = [{"type": "extra_forbidden", "loc": ["body", name], "msg": "x"} for name in names]
    return {"detail": locs}


GEMINI = 'Invalid JSON payload received. Unknown name "{}": Cannot find field.'
BOTH = "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
LEFT_OUT: dict[str, tuple[Any, int, set[str]]] = {
    "OpenAI's fixed temperature": (
        told("'temperature' does not support 0.0 with this model.", param="temperature"),
        400,
        {"temperature=0"},
    ),
    "Moonshot": (
        told("invalid temperature: only 1 is allowed for this model"),
        400,
        {"temperature=0"},
    ),
    "TGI's temperature": (
        {"error": "Input validation error: `temperature` must be strictly positive"},
        422,
        {"temperature=0"},
    ),
    "TGI's top_p": (
        {"error": "Input validation error: `top_p` must be > 0.0 and < 1.0"},
        422,
        {"top_p"},
    ),
    "Anthropic": (told(BOTH), 400, {"top_p"}),
    "Azure": (
        told("Unrecognized request argument supplied: max_completion_tokens"),
        400,
        {"max_completion_tokens"},
    ),
    "Mistral": (forbidden("max_completion_tokens", "seed"), 422, {"max_completion_tokens", "seed"}),
    "Gemini": ([told(GEMINI.format("seed"))], 400, {"seed"}),
    "LiteLLM": (
        told("x does not support parameters: {'seed': 3}, for model=y", code=500),
        500,
        {"seed"},
    ),
    "Bedrock": (
        told("Malformed input request: #: extraneous key [seed] is not permitted"),
        400,
        {"seed"},
    ),
    "xAI": (
        {"code": "Client", "error": "Model g does not support parameter reasoningEffort."},
        400,
        {"reasoning_effort"},
    ),
    "OpenAI's effort": (
        told("'reasoning_effort' does not support 'minimal'", param="reasoning_effort"),
        400,
        {"reasoning_effort"},
    ),
    "a part of one's own": (told("unknown field 'provider'"), 400, {"provider"}),
    "another of one's own": (forbidden("chat_template_kwargs"), 400, {"chat_template_kwargs"}),
    "OpenAI's schema": (
        told(
            "Invalid schema for response_format: 'enum' is not permitted.", param="response_format"
        ),
        400,
        {"enum"},
    ),
    "Gemini's schema": (
        [told(GEMINI.format("additional_properties"), details=[{"field": "x.response_schema"}])],
        400,
        {"additionalProperties"},
    ),
    "Groq's schema": (
        told("invalid schema for response format: response_format/json_schema: enum"),
        400,
        {"enum"},
    ),
    "Cerebras": (
        {"message": "body.seed: property 'body.seed' is unsupported", "param": "validation_error"},
        422,
        {"seed"},
    ),
    "a failure that names a part": (
        {"detail": [{"loc": ["body", "seed"], "msg": "Input should be None"}]},
        500,
        {"seed"},
    ),
    "strict by its place": (
        {"detail": [{"loc": ["body", "response_format", "json_schema", "strict"], "msg": "no"}]},
        422,
        {"strict"},
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_named_is_left_out(name: str) -> None:
    body, status, parts = LEFT_OUT[name]
    narrowed = after(body, status)
    assert (set(narrowed.left_out), narrowed.form) == (parts, "json_schema")


LITERAL = "{'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text'\"}"
FORMS = {
    "vLLM": told("The provided JSON schema contains features not supported by xgrammar."),
    "SGLang": told("cannot compile this grammar"),
    "DeepSeek": told("This response_format type is unavailable now"),
    "OpenAI": told("Invalid parameter: 'response_format' of type 'json_schema' is not supported"),
    "TGI": b"Failed to deserialize the JSON body: response_format: unknown variant `json_schema`",
    "llama-cpp-python": {"detail": [{"loc": ["body", "response_format", "type"], "msg": "x"}]},
    "a server that fails at it": told("failed to compile grammar from the schema", code=500),
    "a gateway": told("upstream", metadata={"raw": '{"error": {"message": "no json_schema"}}'}),
    "a server that fails at what it names": told(f"1 validation error: [{LITERAL}]", code=None),
    "a server that fails at what pydantic names": told(
        "1 validation error for Request\nresponse_format.type\n  Input should be 'text'"
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_that_is_refused_leads_to_the_next_weaker_one(name: str) -> None:
    status = 500 if "fails" in name else 400
    rung = Dialect()
    for weaker in ("json_object_with_schema", "json_object", "text", "text"):
        rung = after(FORMS[name], status, rung)
        assert rung == Dialect(weaker)


def test_a_schema_may_stand_beside_the_type_json_object() -> None:
    request = sent(Dialect("json_object_with_schema", ("additionalProperties",)))
    schema = {name: each for name, each in SCHEMA.items() if name != "additionalProperties"}
    assert request["response_format"] == {"type": "json_object", "schema": schema}
    assert '"properties"' in request["messages"][-1]["content"]


KEPT: dict[str, tuple[Any, int]] = {
    "OpenAI's limit": (told("max_tokens is too large: 500. This model supports at most 400"), 400),
    "Doubao's limit": (
        told("`max_completion_tokens`: integer above maximum value", param="max_completion_tokens"),
        400,
    ),
    "DeepSeek's limit": (told("the valid range of max_completion_tokens is [1, 400]"), 400),
    "vLLM's context": (
        told("'max_completion_tokens' is too large: 500. This model's maximum"),
        400,
    ),
    "a long prompt": (told("maximum context length", param="messages"), 400),
    "a prompt that is not taken": (
        told("no seed, no temperature", param="messages[0].content"),
        400,
    ),
    "a word that anyone uses": (told("the provider is unwell"), 400),
    "no name": (told("Request contains an invalid argument."), 400),
    "an endpoint that failed": (told("internal error, contact support"), 500),
    "an endpoint that failed at the question": (
        {"detail": [{"loc": ["body", "messages", 0, "seed"], "msg": "Input should be None"}]},
        500,
    ),
    "being too fast": (told("Rate limit reached: only temperature 1"), 429),
    "a key": (told("Incorrect API key provided"), 401),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_too_large_or_not_named_is_still_sent(name: str) -> None:
    body, status = KEPT[name]
    assert after(body, status) == Dialect()


def test_another_word_for_the_limit_is_tried_then_none() -> None:
    first = after(forbidden("max_completion_tokens"))
    assert sent(first)["max_tokens"] == 500
    last = after(forbidden("max_tokens"), dialect=first)
    assert not {"max_tokens", "max_completion_tokens"} & sent(last).keys()


def test_a_temperature_that_is_too_high_is_the_recipes_to_mend() -> None:
    hot = Question("Which?", SCHEMA, seed=3, temperature=1.4)
    request = request_of(hot, "m", SETTINGS, FIRST)
    words = told("Input should be less than or equal to 1", param="temperature")
    fault = fault_of_status(400, words, {})
    assert FIRST.narrowed(fault, request) == FIRST
    assert too_large(fault) == "temperature"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("max_tokens is too large: 500. This model supports at most 400", "max_tokens"),
        ("the valid range of max_completion_tokens is [1, 400]", "max_tokens"),
        ("This model's maximum context length is 400; lower max_tokens", ""),
        ("maximum number of requests reached", ""),
    ],
)
def test_only_what_no_question_could_have_is_too_large(message: str, field: str) -> None:
    assert too_large(fault_of_status(400, told(message), {})) == field


def test_another_temperature_is_still_sent() -> None:
    refused = after(told("only 1 is allowed", param="temperature"))
    warm = Question("Which?", SCHEMA, seed=3, temperature=1.0)
    assert "temperature" not in sent(refused)
    assert request_of(warm, "m", SETTINGS, refused)["temperature"] == 1.0


def test_a_schema_loses_its_keyword_and_keeps_its_properties() -> None:
    without = sent(Dialect(left_out=("enum", "seed", "strict")))
    schema = without["response_format"]["json_schema"]["schema"]
    assert schema["properties"] == {"best": {"type": "integer"}, "seed": {"type": "string"}}
    assert "strict" not in without["response_format"]["json_schema"]
    assert "seed" not in without


def test_both_of_two_lessons_are_kept() -> None:
    one, other = Dialect("json_object", ("seed",)), Dialect("json_schema", ("top_p",))
    assert one.joined(other) == other.joined(one) == Dialect("json_object", ("seed", "top_p"))


def test_the_recipes_own_words_win() -> None:
    own = Settings(model="m", extra_body={"temperature": 0.3, "top_k": 5})
    request = sent(Dialect(), own)
    assert (request["temperature"], request["top_k"]) == (0.3, 5)
