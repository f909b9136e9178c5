"""The keys of the chart's values, as the schema and as a values file have them."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.contract.chart.helm import CHART

Node = dict[str, Any]
SCHEMA: Node = json.loads((CHART / "values.schema.json").read_text("utf-8"))
VALUES = (CHART / "values.yaml").read_text("utf-8")
DOCUMENTED = re.compile(r"## @param (\S+) (?:\[(?:object|array)\] )?(.+)")
ELSEWHERE = re.compile(r"^(roles\.\w+|profiles\.\w+|pipelines\.placement)\.")
"""These have the generator's keys again, or those of a file that has a model of its own."""


def resolved(node: Node) -> Node:
    """The node that a $ref means, also where more is asked of it."""
    reference = node.get("allOf", [node])[0].get("$ref")
    return SCHEMA["$defs"][reference.rpartition("/")[2]] if reference else node


def expanded(node: Node | None = None, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every node of the schema with its path, references followed; [] is an item of a list."""
    node = resolved(SCHEMA if node is None else node)
    yield path, node
    for name, inner in node.get("properties", {}).items():
        yield from expanded(inner, f"{path}.{name}".lstrip("."))
    if "items" in node:
        yield from expanded(node["items"], f"{path}.[]")


def keys_of() -> set[str]:
    """Paths of all keys, those that stand elsewhere too left out."""
    paths = {path for path, _ in expanded() if path and "[]" not in path}
    return {path for path in paths if not ELSEWHERE.match(path) and not _repeats(path)}


def repeated() -> set[str]:
    """Paths whose schema is that of others, by reference."""
    return {path for path, _ in expanded() if ELSEWHERE.match(path) or _repeats(path)}


def _repeats(path: str) -> bool:
    # the teacher's source is the generators' again
    return path.startswith("teacher.source.")


def paths_of(values: Any, path: str = "") -> set[str]:
    """Paths of the keys that a values file sets."""
    if not isinstance(values, dict):
        return set()
    inner = {f"{path}.{key}".lstrip("."): value for key, value in values.items()}
    return {*inner}.union(*(paths_of(value, key) for key, value in inner.items()))


def documented() -> dict[str, str]:
    """What a comment says of each key."""
    return {match[1]: match[2] for match in DOCUMENTED.finditer(VALUES)}
