"""Where in an answer's JSON what was asked for stands: one deeper, in a list, encoded again."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from littlegiants.json_in_text import readings
from littlegiants.lenient_json import name_of

DEEPEST = 4
THOUGHTS = frozenset(
    {"thinking", "thought", "thoughts", "reasoning", "analysis", "scratchpad"}
    | {"draft", "drafts", "example", "examples", "schema"}
)
"""Keys, as `name_of` writes them, below which no answer stands."""
ENCODED = re.compile(r'\s*["{\[]')
PLACEHOLDER = re.compile(r"\W*(?:string|str|text|<[^<>]*>|\[[^\[\]]*\]|\{[^{}]*\})?\W*")
INDEX = re.compile(
    r"[^\w-]{0,3}(?:(?:candidate|completion|sample|option|answer|index|number|no)\b[^\w-]{0,3})?"
    r"(\d{1,4})[^\w-]{0,3}",
    re.IGNORECASE,
)


def nodes(value: Any, known: Sequence[str]) -> Iterator[Any]:
    """`value` and what stands in it, the outer ones first."""
    level = [value]
    for _ in range(DEEPEST):
        yield from level
        level = [child for each in level for child in _children(each, known)]


def _children(value: Any, known: Sequence[str]) -> list[Any]:
    if isinstance(value, dict):
        return [each for key, each in value.items() if name_of(key) not in THOUGHTS]
    if isinstance(value, list):
        return value
    if isinstance(value, str) and ENCODED.match(value):
        found = next(readings(value, known))
        return [] if found.is_cut else found.values
    return []


def fields_of(node: Any, keys: Sequence[str]) -> dict[str, Any] | None:
    """The values under `keys`, however these are written; None when one of them is missing."""
    if not isinstance(node, Mapping):
        return None
    by_name = {name_of(key): value for key, value in node.items()}
    fields = {key: node.get(key, by_name.get(name_of(key))) for key in keys}
    return None if None in fields.values() else fields


def texts_of(node: Any, keys: Sequence[str]) -> list[str] | None:
    """The texts under `keys`; None when one is missing, or when all are those of a schema."""
    fields = fields_of(node, keys)
    texts = [value for value in (fields or {}).values() if isinstance(value, str)]
    if len(texts) < len(keys) or all(map(PLACEHOLDER.fullmatch, texts)):
        return None
    return texts


def index_of(value: Any) -> int | None:
    """A whole number, also as text: "3", "[3]", "Candidate 3"."""
    if isinstance(value, str) and (found := INDEX.fullmatch(value)):
        return int(found[1])
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is int else None


def items_of(value: Any, key: str) -> list[str] | None:
    """The texts of the list under `key`, or of one that stands alone; None without a list."""
    for node in nodes(value, (key,)):
        if isinstance(node, Mapping) and (found := _listed(node, key)):
            return found
    while isinstance(value, Mapping) and len(value) == 1:
        (value,) = value.values()
    return _texts(value, key) if isinstance(value, list) else None


def _listed(node: Mapping[str, Any], key: str) -> list[str] | None:
    """Below the key, its singular, or under numbered ones: {"task_1": ..., "task_2": ...}."""
    names = {name_of(name): value for name, value in node.items()}
    inner = names.get(name_of(key), names.get(singular(key)))
    if isinstance(inner, str) and ENCODED.match(inner):
        inner = next(iter(next(readings(inner, (key,))).values), None)
    if isinstance(inner, Mapping):
        return _numbered({name_of(name): value for name, value in inner.items()}, key)
    return _texts(inner, key) if isinstance(inner, list) else _numbered(names, key)


def _numbered(names: Mapping[str, Any], key: str) -> list[str] | None:
    number = re.compile(rf"(?:{singular(key)})?\d{{1,3}}")
    return _texts([*names.values()], key) if names and all(map(number.fullmatch, names)) else None


def _texts(items: Sequence[Any], key: str) -> list[str]:
    """Strings, and objects that hold one under the key's singular or nothing else."""
    found = []
    for item in items:
        if isinstance(item, Mapping):
            texts = {name_of(name): each for name, each in item.items() if isinstance(each, str)}
            item = texts.get(singular(key), next(iter(texts.values())) if len(texts) == 1 else None)
        if isinstance(item, str) and item.strip() and not PLACEHOLDER.fullmatch(item):
            found.append(item.strip())
    return found


def singular(key: str) -> str:
    """The name of one of the things under `key`."""
    return name_of(key).removesuffix("s")
