"""What the scripted teacher answers: JSON of the schema it is asked for, in real words."""

import json
import random
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from littlegiants.checks import failed_checks
from littlegiants.errors import Unavailable
from littlegiants.samples import Sample, sample_from_fields, sample_schema
from littlegiants.tasks import Prompt
from pipelines.topics.topics import shipped_topics

LEAST_WORDS = 4
CHARACTERS_A_WORD = 3
"""A schema's least length of a text has so many for each word that is asked for."""
SENTENCE_WORDS = 30
"""A longer text ends with a full stop."""
LISTED = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)
"""Candidates, as a judge is shown them."""
TOLD_SCHEMA = "of this schema:\n"
"""Where a schema stands that an endpoint does not take as a parameter."""


def answer(request: Mapping[str, Any]) -> str:
    """A script for `scripted_teacher`; the same request gets the same answer."""
    asked = str(request["messages"][-1]["content"])
    schema = _schema_of(request, asked)
    filled = written(schema, random.Random(asked))
    if "best" in schema["properties"]:
        filled |= judged(asked, schema["properties"]["best"]["enum"])
    return json.dumps(filled)


def _schema_of(request: Mapping[str, Any], asked: str) -> Mapping[str, Any]:
    form = request.get("response_format", {})
    if "json_schema" in form:
        return dict(form["json_schema"]["schema"])
    return dict(json.loads(asked.rpartition(TOLD_SCHEMA)[2]))


def written(schema: Mapping[str, Any], rng: random.Random) -> Any:
    """A value of `schema`; lists are as long as it allows."""
    if schema["type"] == "object":
        return {name: written(inner, rng) for name, inner in schema["properties"].items()}
    if schema["type"] == "array":
        return [written(schema["items"], rng) for _ in range(schema.get("maxItems", 5))]
    if schema["type"] == "integer":
        return rng.choice(schema["enum"])
    count = max(LEAST_WORDS, -(-schema.get("minLength", 0) // CHARACTERS_A_WORD))
    text = " ".join(rng.sample(vocabulary(), count)).capitalize()
    return f"{text}." if count > SENTENCE_WORDS else text


def judged(asked: str, indices: Sequence[int]) -> dict[str, int]:
    """The best is the first candidate that is JSON, the worst the first other one that is not."""
    listed = {int(index): text.startswith("{") for index, text in LISTED.findall(asked)}
    best = next((index for index in indices if listed.get(index)), indices[0])
    others = [index for index in indices if index != best]
    worst = next((index for index in others if not listed.get(index)), others[-1])
    return {"best": best, "worst": worst}


@cache
def vocabulary() -> tuple[str, ...]:
    """Words of the shipped topics."""
    topics = " ".join(shipped_topics()).lower()
    return tuple(sorted(set(re.findall(r"\b[a-z]{3,}\b", topics))))


def sample_for(prompt: Prompt, *, tries: int = 20) -> Sample:
    """A sample that passes every check.

    Raises Unavailable when none of so many tries does.
    """
    schema = sample_schema(prompt.task.kind, prompt.attributes)
    for number in range(tries):
        fields = written(schema, random.Random(f"{prompt.id} {number}"))
        sample = sample_from_fields(prompt.task.kind, fields)
        if not failed_checks(sample, prompt):
            return sample
    raise Unavailable(f"prompt {prompt.id}: the script wrote no valid sample in {tries} tries")
