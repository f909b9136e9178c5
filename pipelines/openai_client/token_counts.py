"""Token counts of a completion, in whichever of the usual words an endpoint says them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROMPT = ("prompt_tokens", "input_tokens")
COMPLETION = ("completion_tokens", "output_tokens")
THINKING = ("reasoning_tokens", "thinking_tokens")


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens that are charged; None where the endpoint does not say. `thinking` is a part of
    `completion`.
    """

    prompt: int | None = None
    completion: int | None = None
    thinking: int = 0


def token_counts(usage: Any) -> TokenCounts:
    """The counts of a reply's `usage`.

    Some leave thinking out of the completion's tokens, but not out of the total: that is charged.
    """
    if not isinstance(usage, Mapping):
        return TokenCounts()
    prompt, completion = _first(usage, PROMPT), _first(usage, COMPLETION)
    details = usage.get("completion_tokens_details") or usage.get("output_tokens_details")
    thinking = _first(details if isinstance(details, Mapping) else usage, THINKING) or 0
    if (total := count_of(usage.get("total_tokens"))) is not None:
        prompt = max(0, total - (completion or total)) if prompt is None else prompt
        written = completion or 0
        completion = max(written, total - prompt)
        thinking = max(thinking, completion - written if written else 0)
    if not prompt and not completion:
        return TokenCounts()  # no request is for nothing: it does not count
    return TokenCounts(prompt, completion, min(thinking, completion or 0))


def count_of(value: object) -> int | None:
    """A count, also where it is written as a text or with a point; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        count = int(float(value))
    except (ValueError, OverflowError):
        return None
    return count if 0 <= count < 2**53 else None


def _first(counts: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    found = (count_of(counts.get(name)) for name in names)
    return next((count for count in found if count is not None), None)
