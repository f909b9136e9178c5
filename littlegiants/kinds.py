"""The five kinds of embedding task: their fields, and the slots that vary their prompts.

Values and weights: SPEED (arXiv 2410.18634) and its released prompts, which follow E5-mistral
(arXiv 2401.00368).
"""

import math
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from littlegiants.errors import BadInput

Attributes = Mapping[str, str]
Slots = Mapping[str, Mapping[str, float]]

ABSENT = ""
"""A slot drawn as absent: its line is left out of the prompt."""


class Kind(StrEnum):
    """What a query and its document are to each other."""

    RETRIEVAL = "retrieval"
    CLASSIFICATION = "classification"
    STS = "sts"
    MATCHING_SHORT = "matching_short"
    MATCHING_LONG = "matching_long"


@dataclass(frozen=True, slots=True)
class Field:
    """One JSON string that a sample holds; `length` is words, or the slot that asks for them."""

    key: str
    length: str
    label: bool = False


@dataclass(frozen=True, slots=True)
class KindSpec:
    """Fields in the order query, positive, negative (matching kinds have no negative)."""

    fields: tuple[Field, ...]
    slots: Slots
    share: float
    fixed_task: str | None = None


CLARITY = {"clear": 0.6, "understandable with some effort": 0.2, "ambiguous": 0.2}
SHORT = "at most 30 words"
LABEL = "at most 8 words"


NAME = re.compile(r"[a-z][a-z0-9_]*")
RESERVED = frozenset({"task", "topic", "language", "line_order", "template", "revise_template"})
"""What a prompt's values are called that no slot draws."""


def _uniform(*values: str) -> dict[str, float]:
    return dict.fromkeys(values, 1 / len(values))


def _half_absent(choices: Mapping[str, float]) -> dict[str, float]:
    return {ABSENT: 0.5} | {choice: weight / 2 for choice, weight in choices.items()}


SPECS: Mapping[Kind, KindSpec] = {
    Kind.RETRIEVAL: KindSpec(
        fields=(
            Field("user_query", "query_length"),
            Field("positive_document", "document_length"),
            Field("hard_negative_document", "document_length"),
        ),
        slots={
            "query_type": {"extremely long-tail": 0.4, "long-tail": 0.5, "common": 0.1},
            "query_length": {
                "less than 5 words": 0.4,
                "5 to 15 words": 0.4,
                "at least 10 words": 0.2,
            },
            "clarity": CLARITY,
            "document_length": _uniform(
                *(f"at least {n} words" for n in (50, 100, 200, 300, 400, 500))
            ),
            "difficulty": _half_absent(_uniform("high school", "college", "PhD")),
        },
        share=7,
    ),
    Kind.CLASSIFICATION: KindSpec(
        fields=(
            Field("input_text", "text_length"),
            Field("label", LABEL, label=True),
            Field("misleading_label", LABEL, label=True),
        ),
        slots={
            "text_length": {
                "less than 10 words": 0.1,
                "at least 10 words": 0.3,
                "at least 50 words": 0.2,
                "at least 100 words": 0.2,
                "at least 200 words": 0.2,
            },
            "clarity_and_difficulty": _half_absent(
                {
                    f"{clarity}, at {level} level": CLARITY[clarity] / 3
                    for clarity in CLARITY
                    for level in ("high school", "college", "PhD")
                }
            ),
        },
        share=7,
    ),
    Kind.STS: KindSpec(
        fields=(Field("S1", "text_length"), Field("S2", "text_length"), Field("S3", "text_length")),
        slots={
            "unit": {"sentence": 0.9, "phrase": 0.05, "passage": 0.05},
            "high_score": _uniform("4", "4.5", "5"),
            "low_score": _uniform("2.5", "3", "3.5"),
            "text_length": {"at most 60 words": 1.0},
            "difficulty": _half_absent(_uniform("elementary school", "high school", "college")),
        },
        share=7,
        fixed_task="Retrieve semantically similar text.",
    ),
    Kind.MATCHING_SHORT: KindSpec(
        fields=(Field("input", SHORT), Field("positive_document", SHORT)), slots={}, share=1
    ),
    Kind.MATCHING_LONG: KindSpec(
        fields=(Field("input", "document_length"), Field("positive_document", "document_length")),
        slots={"document_length": {"at least 300 words": 1.0}},
        share=1,
    ),
}


def slots_of(kind: Kind, changes: Slots | None = None) -> Slots:
    """The slots of `kind`, with some value tables replaced (a recipe asks for shorter texts, say).

    Others may be added; they are drawn last. Raises BadInput when a change has no name that a
    template may use, no values, or a length that cannot be read.
    """
    slots = SPECS[kind].slots
    for name, choices in (changes or {}).items():
        if not NAME.fullmatch(name) or name in RESERVED:
            raise BadInput(f"slots.{kind}.{name}: no name of a slot; write a word in small letters")
        if not choices or min(choices.values()) < 0 or not 0 < sum(choices.values()) < math.inf:
            raise BadInput(f"slots.{kind}.{name}: give at least one value with a positive weight")
        if name.endswith("_length"):
            for choice in filter(None, choices):
                word_bounds(choice)
    return {**slots, **(changes or {})}


def draw(slots: Slots, rng: random.Random) -> dict[str, str]:
    """One value for each slot, by weight; slots in their own order, so a seed fixes the outcome."""
    return {
        name: rng.choices(list(choices), weights=list(choices.values()))[0]
        for name, choices in slots.items()
    }


_BOUNDS = re.compile(r"(?:(at least|at most|less than) (\d+)|(\d+) to (\d+)) words")


def word_bounds(length: str) -> tuple[int, int | None]:
    """Least and most words that a length such as "at least 50 words" or "5 to 15 words" asks for.

    Raises BadInput when the phrase has another form.
    """
    found = _BOUNDS.fullmatch(length)
    if not found or (found[3] and int(found[3]) > int(found[4])):
        raise BadInput(
            f"length {length!r}: write 'at least N words', 'at most N words', "
            "'less than N words' or 'N to M words', the smaller first"
        )
    limit, number, low, high = found.groups()
    if limit == "at least":
        return int(number), None
    if limit:
        return 1, int(number) - (limit == "less than")
    return int(low), int(high)


def length_of(field: Field, attributes: Attributes) -> tuple[int, int | None]:
    """The word bounds asked of `field`: drawn with the prompt, or the field's own.

    Where none is asked for, being turned off, up to the most that a shipped table names.
    """
    asked = attributes.get(field.length, field.length)
    return (1, _most_words(field.length)) if asked == ABSENT else word_bounds(asked)


@cache
def _most_words(slot: str) -> int:
    tables = (spec.slots.get(slot, {}) for spec in SPECS.values())
    return max(high or low for table in tables for low, high in map(word_bounds, table))
