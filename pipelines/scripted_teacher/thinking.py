"""Thinking that nobody sees and that counts, for the scripted teacher to imitate."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipelines.scripted_teacher.replies import Script, odd

PROMPT_TOKENS, ANSWER_TOKENS = 200, 100
BY_EFFORT: Mapping[str, int] = {"minimal": 64, "low": 1_500, "medium": 5_000, "high": 20_000}
LIMITS = ("max_completion_tokens", "max_tokens")


def thinking(script: Script) -> Script:
    """`script` behind a model that thinks before it answers, within the limit of its answer.

    Where that is too low for its effort, nothing is left for the answer: it is cut and empty.
    """

    def answered(request: dict[str, Any]) -> Any:
        told, tokens = odd(script(request)), BY_EFFORT[request.get("reasoning_effort", "medium")]
        if told.status != 200:
            return told
        limit = next((request[word] for word in LIMITS if word in request), 10**6)
        if limit < tokens + ANSWER_TOKENS:
            return replace(told, text="", finish="length", usage=_usage(limit, limit))
        return replace(told, usage=_usage(tokens + ANSWER_TOKENS, tokens))

    return answered


def _usage(written: int, thought: int) -> Mapping[str, Any]:
    return {
        "prompt_tokens": PROMPT_TOKENS,
        "completion_tokens": written,
        "total_tokens": PROMPT_TOKENS + written,
        "completion_tokens_details": {"reasoning_tokens": thought},
    }
