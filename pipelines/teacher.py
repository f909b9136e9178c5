"""The teacher: any OpenAI-compatible endpoint, asked for JSON, within a budget."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import openai
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from littlegiants.errors import BadInput, Unavailable
from pipelines.budget import Budget, Usage
from pipelines.questions import Answer, Question
from pipelines.sections import Teacher as TeacherSettings

PASSING = (
    openai.APIConnectionError,
    openai.RateLimitError,
    openai.InternalServerError,
)
MESSAGE_TOKENS = 16
"""A chat template adds fewer to a message."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a teacher answers; an empty `url` is api.openai.com."""

    url: str
    model: str
    key: str


class Teacher:
    """Asks one question at a time; safe to use from many tasks of one event loop."""

    def __init__(self, endpoint: Endpoint, *, settings: TeacherSettings, budget: Budget) -> None:
        self._client = openai.AsyncOpenAI(
            base_url=endpoint.url or None,
            api_key=endpoint.key,
            max_retries=0,
            timeout=settings.timeout_s,
        )
        self._model, self._settings, self._budget = endpoint.model, settings, budget

    async def ask(self, question: Question) -> Answer:
        """The answer to `question`.

        Raises OverBudget before a cap is passed, Unavailable when the endpoint stays away,
        BadInput when it refuses us (key, model); a question that it refuses is an answer.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(PASSING),
            wait=wait_random_exponential(max=60),
            stop=stop_after_attempt(self._settings.retries),
            reraise=True,
        )
        try:
            return await retrying(self._send, self._request(question))
        except PASSING as error:
            raise Unavailable(f"teacher: {error}; start the same command again later") from error
        except openai.BadRequestError as error:
            return Answer("", is_cut=False, usage=Usage(), refusal=error.message)
        except openai.APIStatusError as error:
            message = f"teacher: refused with status {error.status_code}: {error.message}; "
            message += "mend the recipe's teacher section or the key"
            raise BadInput(message) from error

    def _request(self, question: Question) -> dict[str, Any]:
        settings, schema = self._settings, question.schema
        messages = []
        for shot in question.shots:
            messages.append({"role": "user", "content": shot.question})
            messages.append({"role": "assistant", "content": shot.answer})
        messages.append({"role": "user", "content": question.text})
        shaped = schema if settings.length_in_schema else without_lengths(schema)
        json_schema = {"name": "answer", "schema": shaped, "strict": True}
        own = question.temperature
        return {
            "model": self._model,
            "messages": messages,
            "seed": question.seed,
            "temperature": settings.temperature if own is None else own,
            "top_p": settings.top_p,
            "max_completion_tokens": settings.max_tokens,
            "response_format": {"type": "json_schema", "json_schema": json_schema},
        }

    async def _send(self, request: dict[str, Any]) -> Answer:
        reservation = self._budget.reserve(self._most(request))
        try:
            reply = await self._client.chat.completions.create(**request)
        except openai.APIStatusError:
            self._budget.settle(reservation, Usage())
            raise
        usage = self._usage(reply.usage.prompt_tokens, reply.usage.completion_tokens)
        self._budget.settle(reservation, usage)
        choice = reply.choices[0]
        return Answer(choice.message.content or "", choice.finish_reason == "length", usage)

    def _most(self, request: Mapping[str, Any]) -> Usage:
        """Upper bound of a request's cost: a token is at least one byte."""
        sent = json.dumps([request["messages"], request["response_format"]], ensure_ascii=False)
        prompt = len(sent.encode()) + MESSAGE_TOKENS * len(request["messages"])
        return self._usage(prompt, self._settings.max_tokens)

    def _usage(self, prompt: int, completion: int) -> Usage:
        prices = self._settings.prices
        dollars = None
        if prices:
            dollars = (prompt * prices.prompt + completion * prices.completion) / 1e6
        return Usage(1, prompt, completion, dollars)


def without_lengths(schema: Any) -> Any:
    """`schema` without the string lengths that some endpoints refuse."""
    if isinstance(schema, Mapping):
        bounds = ("minLength", "maxLength", "minItems", "maxItems")
        return {key: without_lengths(value) for key, value in schema.items() if key not in bounds}
    return schema
