"""Spending of a stage so far, and what all its questions will cost if it goes on like that."""

from pipelines.budget.usage import Usage
from pipelines.chat_api.questions import Answer


class Spending:
    """The aside of a progress line."""

    def __init__(self) -> None:
        self._own, self._count = Usage(), 0
        self._stage = Usage()

    def note(self, answer: Answer, stage: Usage) -> None:
        """One more answer; `stage` is what the stage has spent with all its starts."""
        self._own += answer.usage
        self._count += 1
        self._stage = stage

    def text(self, left: int) -> str:
        """Spent by the stage, and the same with `left` more questions as dear as those so far."""
        if not self._count:
            return ""
        share = left / self._count
        tokens = self._stage.tokens + self._own.tokens * share
        told = (
            f"{self._stage.calls:,} calls, {_short(self._stage.tokens)} of {_short(tokens)} tokens"
        )
        if self._stage.dollars is None:
            return told
        dollars = self._stage.dollars + (self._own.dollars or 0.0) * share
        return f"{told}, ${self._stage.dollars:,.2f} of ${dollars:,.2f}"


def _short(tokens: float) -> str:
    return f"{tokens / 1e6:.2f}M" if tokens >= 1e6 else f"{tokens / 1e3:.1f}k"
