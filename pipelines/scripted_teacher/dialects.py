"""Dialects: what real endpoints refuse, in their own words, for the scripted teacher to imitate."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipelines.scripted_teacher.replies import Odd, Script, refusal

Request = Mapping[str, Any]
Imitation = Callable[[Request], Odd | None]
"""A request in; the endpoint's refusal out, or None where it takes the request."""
MOST_WRITTEN = 10**6
"""Tokens of an answer whose limit was not understood."""


def speaking(dialect: Imitation, script: Script) -> Script:
    """`script` behind an endpoint of this dialect."""
    return lambda request: dialect(request) or script(request)


def openai_thinking(request: Request) -> Odd | None:
    """OpenAI's gpt-5 and o models."""
    if "max_tokens" in request:
        words = "is not supported with this model. Use 'max_completion_tokens' instead."
        return _unsupported("parameter", "max_tokens", words)
    if (heat := request.get("temperature", 1)) != 1:
        words = f"does not support {heat} with this model. Only the default (1) value is supported."
        return _unsupported("value", "temperature", words)
    if "top_p" in request:
        return _unsupported("parameter", "top_p", "is not supported with this model.")
    for place, schema in _schemas(request):
        if "minLength" in schema:
            words = f"Invalid schema for response_format 'answer': In context={place}, 'minLength'"
            return refusal(400, f"{words} is not permitted.", param="response_format")
    return None


def azure_of_2024(request: Request) -> Odd | None:
    """An Azure deployment of an API version before `json_schema`."""
    for name in ("max_completion_tokens", "reasoning_effort"):
        if name in request:
            return refusal(400, f"Unrecognized request argument supplied: {name}")
    words = (
        "response_format value as json_schema is enabled only for api versions 2024-08-01-preview"
    )
    return refusal(400, words, code="BadRequest") if _has_schema(request) else None


def mistral(request: Request) -> Odd | None:
    """Mistral: every part that it does not know, at once."""
    known = ("model", "messages", "temperature", "top_p", "max_tokens", "response_format")
    words = {"type": "extra_forbidden", "msg": "Extra inputs are not permitted"}
    wrong = [{**words, "loc": ["body", name]} for name in request if name not in known]
    told = {"object": "error", "message": {"detail": wrong}, "param": None, "code": None}
    return _odd(422, told) if wrong else None


def gemini(request: Request) -> Odd | None:
    """Gemini behind OpenAI's paths: a list of errors, and a schema of its own."""
    unknown = ['"seed"'] if "seed" in request else []
    for place, schema in _schemas(request):
        where = f"generation_config.response_schema{place}"
        if "enum" in schema:
            return _google(f"* GenerateContentRequest.{where}.enum: only allowed for STRING type")
        if "additionalProperties" in schema:
            unknown.append(f"\"additionalProperties\" at '{where}'")
    words = "Invalid JSON payload received. Unknown name {}: Cannot find field."
    return _google("\n".join(map(words.format, unknown))) if unknown else None


def tgi(request: Request) -> Odd | None:
    """Text Generation Inference: open intervals, and plain text on a form that it does not know."""
    if _has_schema(request):
        words = "Failed to deserialize the JSON body into the target type: response_format: unknown"
        return Odd(status=422, body=f"{words} variant `json_schema`, expected `regex`".encode())
    words = "Input validation error: `{}` must be {}"
    if request.get("top_p") == 1:
        told = words.format("top_p", "> 0.0 and < 1.0")
        return _odd(422, {"error": told, "error_type": "validation"})
    if request.get("temperature") == 0:
        told = words.format("temperature", "strictly positive")
        return _odd(422, {"error": told, "error_type": "validation"})
    return None


def groq(request: Request) -> Odd | None:
    """Groq: a schema without some of its keywords."""
    for place, schema in _schemas(request):
        if "enum" in schema:
            words = f"response_format/json_schema{place}: enum is not supported"
            return refusal(400, f"invalid schema for response format: {words}")
    return None


def xai(request: Request) -> Odd | None:
    """xAI: names as its own code has them."""
    words = "Model grok-4 does not support parameter reasoningEffort."
    told = {"code": "Client specified an invalid argument", "error": words}
    return _odd(400, told) if "reasoning_effort" in request else None


def claude_on_bedrock(request: Request) -> Odd | None:
    """Claude on Bedrock, behind LiteLLM."""
    if "seed" in request:
        words = f"anthropic does not support parameters: {{'seed': {request['seed']}}}, for model=c"
        return refusal(500, f"litellm.UnsupportedParamsError: {words}. To drop these, set `drop`")
    both = "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
    told = f'litellm.BadRequestError: BedrockException - {{"message":"{both}"}}'
    return refusal(400, told) if {"temperature", "top_p"} <= request.keys() else None


def moonshot(request: Request) -> Odd | None:
    """Kimi: one temperature."""
    words = "invalid temperature: only 1 is allowed for this model"
    return refusal(400, words) if request.get("temperature", 1) != 1 else None


def ollama(request: Request) -> Odd | None:
    """Ollama: does not know the newer word for the limit, and says nothing of it."""
    message = {"role": "assistant", "content": "{}"}
    usage = {"prompt_tokens": 10, "completion_tokens": MOST_WRITTEN}
    told = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
    return None if "max_tokens" in request else _odd(200, told)


def llama_cpp_python(request: Request) -> Odd | None:
    """llama-cpp-python: fails at a form that it does not know; its limit is the older word."""
    if _has_schema(request):
        wrong = {"loc": ("body", "response_format", "type"), "msg": "Input should be 'text'"}
        return refusal(500, f'1 validation error:\n  {wrong}\n\n  File "app.py", line 1')
    return ollama(request)


def without_schema(status: int, body: Any) -> Imitation:
    """An endpoint that knows JSON and no schema, and says so with this body."""
    return lambda request: _odd(status, body) if _has_schema(request) else None


def _has_schema(request: Request) -> bool:
    return bool(request.get("response_format", {}).get("type") == "json_schema")


def _schemas(request: Request) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each schema in the one that is asked for, and where it stands."""
    form = request.get("response_format", {})
    yield from _inner(form.get("json_schema", {}).get("schema", {}), "")


def _inner(schema: Mapping[str, Any], place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield place, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _inner(inner, f"{place}.properties[{name}]")
    yield from _inner(schema["items"], f"{place}.items") if "items" in schema else ()


def _unsupported(what: str, name: str, words: str) -> Odd:
    code = f"unsupported_{what}"
    return refusal(400, f"Unsupported {what}: '{name}' {words}", param=name, code=code)


def _google(words: str) -> Odd:
    return _odd(400, [{"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT"}}])


def _odd(status: int, body: Any) -> Odd:
    return Odd(status=status, body=json.dumps(body).encode())


NO_SCHEMA = json.dumps({"error": {"message": "response_format: no json_schema here", "code": 400}})
UNCOMPILED = "The provided JSON schema contains features not supported by xgrammar."
UNAVAILABLE = {"message": "This response_format type is unavailable now", "param": None}
BEHIND = {"message": "Provider returned error", "code": 400, "metadata": {"raw": NO_SCHEMA}}
DIALECTS: Mapping[str, Imitation] = {
    "OpenAI gpt-5": openai_thinking,
    "Azure before 2024-08": azure_of_2024,
    "Mistral": mistral,
    "Gemini": gemini,
    "TGI": tgi,
    "Groq": groq,
    "xAI": xai,
    "Claude by LiteLLM": claude_on_bedrock,
    "Moonshot": moonshot,
    "Ollama": ollama,
    "DeepSeek": without_schema(400, {"error": UNAVAILABLE}),
    "OpenRouter": without_schema(400, {"error": BEHIND}),
    "llama-cpp-python": llama_cpp_python,
    "vLLM": without_schema(400, {"object": "error", "message": UNCOMPILED, "code": 400}),
}
