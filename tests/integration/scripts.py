"""A script for the scripted teacher: any schema filled with made-up words."""

import json
import random
from collections.abc import Mapping
from typing import Any

WORDS = ("amber", "boat", "cedar", "delta", "ember", "frost", "grain", "harbor", "island", "jetty")


def fill_schema(request: Mapping[str, Any]) -> str:
    """JSON of the schema that the request asks for."""
    schema = request["response_format"]["json_schema"]["schema"]
    rng = random.Random(request["messages"][-1]["content"])
    return json.dumps(_filled(schema, rng))


def _filled(schema: Mapping[str, Any], rng: random.Random) -> Any:
    if schema["type"] == "object":
        return {name: _filled(inner, rng) for name, inner in schema["properties"].items()}
    if schema["type"] == "array":
        return [_filled(schema["items"], rng)]
    if schema["type"] == "integer":
        return schema["enum"].pop()
    count = max(4, schema["minLength"] // 3)
    return " ".join([rng.choice(WORDS).title(), *(_word(rng) for _ in range(count))])


def _word(rng: random.Random) -> str:
    return rng.choice(WORDS) + rng.choice(WORDS)
