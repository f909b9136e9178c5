"""A sample: a query, the text that matches it and, for most kinds, one that nearly does."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.kinds import SPECS, Attributes, Kind, length_of
from littlegiants.tasks import Task, digest, draw_prompt

CHARS_PER_WORD = 9
CHARS_SPARE = 60
"""Room for the most words asked for: English averages 6 characters a word with its space."""
OPEN_CHARS_PER_WORD = 20
"""Where no most is asked for: writers give 2 to 3 times the least, and no cap is to cut them."""
CHARS_PER_TOKEN, FIELD_TOKENS = 3, 12
"""What surely fits into a limit of tokens: English has 4 characters a token; a field's JSON."""
REASON_CHARS = 200
HAN_LANGUAGES = (
    *("chinese", "mandarin", "cantonese", "japanese", "zh-", "ja-", "中文", "汉语", "漢語"),
    *("普通话", "國語", "粵語", "粤语", "日本語", "chinois", "chino", "chinesisch"),
)
"""Parts of names of languages."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Texts of one sample; `negative` is empty for the matching kinds."""

    kind: Kind
    query: str
    positive: str
    negative: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Query, positive and, where the kind has one, negative."""
        return (self.query, self.positive, self.negative)[: len(SPECS[self.kind].fields)]

    def to_fields(self) -> dict[str, str]:
        """The JSON object that a model writes for this sample."""
        keys = (field.key for field in SPECS[self.kind].fields)
        return dict(zip(keys, self.texts, strict=True))


def sample_from_fields(kind: Kind, fields: Mapping[str, Any]) -> Sample:
    """The sample in `fields`, its texts stripped; other keys are ignored.

    Raises BadInput naming the first key that is missing or is not a string.
    """
    texts = []
    for field in SPECS[kind].fields:
        text = fields.get(field.key)
        if not isinstance(text, str):
            raise BadInput(f"{field.key}: a {kind} sample needs this key with a string")
        texts.append(text.strip())
    return Sample(kind, *texts)


def sample_schema(
    kind: Kind, attributes: Attributes, language: str = "", max_tokens: int | None = None
) -> dict[str, Any]:
    """JSON schema of a sample of `kind`: every string is bounded by what `attributes` ask for.

    Where these name no most, it has room for 3 times the least, or for as much of that as fits into
    `max_tokens`; always for one and a half times the least.
    """
    fields, least = SPECS[kind].fields, least_characters(language)
    lengths = [length_of(field, attributes) for field in fields]
    room = None
    if max_tokens:
        room = CHARS_PER_TOKEN * (max_tokens - FIELD_TOKENS * len(fields))
    caps = _caps(lengths, room)
    return closed(
        {
            field.key: bounded(math.ceil(least * low), cap)
            for field, (low, _), cap in zip(fields, lengths, caps, strict=True)
        }
    )


def least_cap(low: int, high: int | None) -> int:
    """Characters that a text of `low` to `high` words is always given."""
    return (high or low) * CHARS_PER_WORD + CHARS_SPARE


def _caps(lengths: Sequence[tuple[int, int | None]], room: int | None) -> list[int]:
    least = [least_cap(low, high) for low, high in lengths]
    most = [
        cap if high else low * OPEN_CHARS_PER_WORD + CHARS_SPARE
        for cap, (low, high) in zip(least, lengths, strict=True)
    ]
    wanted, spare = sum(most) - sum(least), sum(most) if room is None else room
    share = min(1.0, max(0.0, (spare - sum(least)) / wanted)) if wanted else 0.0
    return [low + int(share * (high - low)) for low, high in zip(least, most, strict=True)]


def least_characters(language: str) -> float:
    """Fewest characters a word that a text may have: 3, or 1.5 where words are written in Han."""
    named = language.casefold()
    is_han = named in ("zh", "ja") or any(word in named for word in HAN_LANGUAGES)
    return 1.5 if is_han else 3


def revision_schema(
    kind: Kind, attributes: Attributes, language: str = "", max_tokens: int | None = None
) -> dict[str, Any]:
    """JSON schema of what a revisor writes: why, then the whole sample again."""
    left = max(1, max_tokens - REASON_CHARS // CHARS_PER_TOKEN) if max_tokens else None
    sample = sample_schema(kind, attributes, language, left)
    return closed({"reason": bounded(1, REASON_CHARS), "revision": sample})


def schema_digests() -> dict[str, str]:
    """Digest of the schema of each kind, for attributes that are always the same."""
    kinds = {kind: draw_prompt(Task(kind, "", ""), seed=0).attributes for kind in Kind}
    return {kind: digest(sample_schema(kind, chosen)) for kind, chosen in kinds.items()}


def judgement_schema(candidate_count: int) -> dict[str, Any]:
    """JSON schema of what a judge writes; the reason first, so that it is thought of first."""
    index = {"type": "integer", "enum": list(range(candidate_count))}
    return closed({"reason": bounded(1, 300), "best": index, "worst": index})


def tasks_schema(task_count: int) -> dict[str, Any]:
    """JSON schema of a brainstormed list of one-sentence tasks."""
    items = {"type": "array", "items": bounded(10, 200), "minItems": 1, "maxItems": task_count}
    return closed({"tasks": items})


def subtopics_schema(count: int) -> dict[str, Any]:
    """JSON schema of a list of topic names."""
    items = {"type": "array", "items": bounded(2, 80), "minItems": 1, "maxItems": count}
    return closed({"topics": items})


def bounded(low: int, high: int) -> dict[str, Any]:
    """JSON schema of a string of `low` to `high` characters."""
    return {"type": "string", "minLength": low, "maxLength": high}


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    """JSON schema of an object with all of these keys, in this order, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
