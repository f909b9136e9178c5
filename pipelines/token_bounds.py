"""The most tokens that a request can cost: by what is sent, and by what replies have shown."""

from collections.abc import Mapping
from typing import Any

from pipelines.chat import most_tokens
from pipelines.replies import Reply


class TokenBounds:
    """Bounds that grow with the endpoint's own counts: no cap is passed twice for one reason.

    An endpoint may put more before a prompt, write more than was asked for, and think uncounted.
    """

    def __init__(self, longest: int) -> None:
        self._longest, self._added, self._written = longest, 0, 0

    def most(self, request: Mapping[str, Any]) -> tuple[int, int]:
        """Of the prompt and of the completion."""
        prompt, completion = most_tokens(request, self._longest)
        return prompt + self._added, max(completion, self._written)

    def learn(self, request: Mapping[str, Any], reply: Reply) -> None:
        """Raise the bounds to what a reply to `request` has cost."""
        prompt, _ = most_tokens(request, self._longest)
        self._added = max(self._added, (reply.prompt_tokens or 0) - prompt)
        self._written = max(self._written, reply.completion_tokens or 0)
