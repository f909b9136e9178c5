"""Thinking's room: tokens that the limit of an answer has beside those of the answer itself."""

import re

from littlegiants.thinking import OPEN, after_thinking
from pipelines.chat_api.dialect import LIMITS
from pipelines.openai_client.replies import Reply
from pipelines.recipe.teacher_section import TeacherSection

BY_EFFORT = {"none": 0, "minimal": 1_000, "low": 4_000, "medium": 8_000, "high": 24_000}
MOST = 32_000
"""OpenAI advises 25,000 for thinking and answer; what thinks longer does not come to an end."""
GROWTH, NEAR = 4, 0.9
BEGUN = re.compile(rf"\s*(?:{OPEN})", re.IGNORECASE)


def room_of(settings: TeacherSection) -> int:
    """What a recipe sets aside: itself, or by its effort; an unknown word's is the usual one's."""
    if settings.thinking_tokens is not None:
        return settings.thinking_tokens
    effort = settings.reasoning_effort.lower()
    return BY_EFFORT.get(effort, BY_EFFORT["medium"]) if effort else 0


def may_grow(settings: TeacherSection) -> bool:
    """Whether the recipe leaves it to what answers show."""
    is_fixed = any(word in settings.extra_body for word in LIMITS)
    return settings.thinking_tokens is None and not is_fixed


def larger(limit: int, longest: int) -> int:
    """The room with which an answer of `longest` tokens is asked for after `limit` was too low."""
    return max(limit, min(GROWTH * limit, longest + MOST)) - longest


def was_thought_away(reply: Reply, limit: int) -> bool:
    """Whether thinking took the room of an answer, be it hidden or begun in its text."""
    written = reply.completion_tokens or 0
    if reply.fault not in ("truncated", "empty") or written < NEAR * limit:
        return False  # what ended before its limit ended for another reason
    is_begun = bool(BEGUN.match(reply.text)) and after_thinking(reply.text) is None
    return not reply.text or is_begun or written <= 2 * reply.thinking_tokens
