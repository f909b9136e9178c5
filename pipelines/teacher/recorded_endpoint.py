"""The recorded teacher: an OpenAI-compatible endpoint that answers from files."""

from collections.abc import Mapping
from typing import Any

from pipelines.chat_api.request import BYTES_PER_TOKEN, FORM_ASKED
from pipelines.openai_client.replies import NOT_RECORDED

UNANSWERED_STATUS = 422
Outcome = tuple[int, Mapping[str, Any]]
"""HTTP status and body."""


class RecordedEndpoint:
    """Gives the recorded answer to each question; others are refused by the name `not_recorded`."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers

    def __call__(self, request: Mapping[str, Any]) -> Outcome:
        """What it says to a chat completion request; tokens are counted by length."""
        texts = [message["content"] for message in request["messages"]]
        answer = self._answers.get(texts[-1].partition(FORM_ASKED)[0])
        if answer is None:
            return UNANSWERED_STATUS, {"error": {"code": NOT_RECORDED, "message": NOT_RECORDED}}
        message = {"role": "assistant", "content": answer}
        usage = {
            "prompt_tokens": sum(map(len, texts)) // BYTES_PER_TOKEN,
            "completion_tokens": len(answer) // BYTES_PER_TOKEN,
        }
        return 200, {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
