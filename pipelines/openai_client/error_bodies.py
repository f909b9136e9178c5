"""An endpoint's error body, of whatever form, as its words and the names that it tells."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TEXTS = (
    *("message", "detail", "error", "msg", "raw", "title", "description", "reason", "reasons"),
    *("error_description", "error_message", "errorMessage", "errors", "Message", "status_msg"),
)
"""Keys under which endpoints put words for people."""
NAMES = ("param", "parameter", "field")
CODES = ("code", "type", "status", "error_type", "error_code", "errorCode", "__type")
WAITS = ("retryDelay", "retry_after", "retry_after_seconds", "estimated_time")
BY_FIELD = ("errors", "detail", "details", "fields")
"""Keys under which some put what is wrong by the name of the field."""
LOC = "loc"
"""Where pydantic says what is wrong with a request."""
WRITTEN_LOC = re.compile(r"['\"]loc['\"]: [(\[]([^)\]]*)[)\]]")
"""The same in a list that was written into a message."""
TOLD_WAIT = re.compile(
    r"(?:try again|retry) (?:in|after) (?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?) ?s(?:ec|\b))?",
    re.IGNORECASE,
)
"""A wait in words: "Please try again in 7m12.5s", "retry after 6 seconds"."""
SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*s?")
MOST_CHARACTERS, MOST_TOLD, MOST_LEAVES, DEPTH = 20_000, 600, 200, 12
MARKUP = re.compile(r"<(script|style|head).*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.DOTALL | re.IGNORECASE)

Leaf = tuple[tuple[str, ...], str | int | float]
"""The keys that lead to a value, and the value."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an error body says."""

    text: str
    """Its words, the gateway's before those of the provider behind it."""
    rest: str = ""
    """Every text in it, with its key: for a body that has no words for people."""
    names: tuple[str, ...] = ()
    """What it says is wrong, as dotted paths into the request: `response_format.type`."""
    codes: tuple[str, ...] = ()
    """Its codes and types."""
    status: int = 0
    """An HTTP status that stands in it; 0 for none."""
    wait_s: float = 0.0
    """How long it asks us to wait."""


def told_by(body: Any) -> Told:
    """What `body` says: bytes, a text (JSON, HTML or plain), or a JSON value."""
    leaves = []
    for leaf in _leaves(body, (), DEPTH):
        leaves.append(leaf)
        if len(leaves) == MOST_LEAVES:
            break
    return Told(
        text=_joined(_said(leaves)),
        rest=_joined(_all_of(leaves)),
        names=tuple(dict.fromkeys(_names(leaves))),
        codes=tuple(str(value) for path, value in leaves if path[-1:] and path[-1] in CODES),
        status=next(_statuses(leaves), 0),
        wait_s=max(_waits(leaves), default=0.0),
    )


def _leaves(value: Any, path: tuple[str, ...], depth: int) -> Iterator[Leaf]:
    """Every text and number in it; a text that is JSON itself is looked into."""
    if isinstance(value, bytes):
        value = value[:MOST_CHARACTERS].decode(errors="replace")
    if isinstance(value, str):
        yield from _leaves_of_text(value[:MOST_CHARACTERS], path, depth)
    elif isinstance(value, Mapping) and depth:
        if isinstance(value.get(LOC), list):
            where = ".".join(str(each) for each in value[LOC] if each != "body")
            yield (*path, LOC), where
            value = {"msg": value.get("msg", "")} if where else value
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)), depth - 1)
    elif isinstance(value, list) and depth:
        for inner in value:
            yield from _leaves(inner, path, depth - 1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def _leaves_of_text(text: str, path: tuple[str, ...], depth: int) -> Iterator[Leaf]:
    text = text.strip().lstrip("\ufeff")
    if text.startswith(("{", "[")) and depth:
        try:
            yield from _leaves(json.loads(text), path, depth - 1)
            return
        except (ValueError, RecursionError):
            pass
    if text.startswith("<"):
        title = TITLE.search(text)
        text = title[1] if title else MARKUP.sub(" ", text)
    yield path, " ".join(text.split())


def _joined(texts: Iterator[str]) -> str:
    whole = "; ".join(dict.fromkeys(texts))
    return whole if len(whole) <= MOST_TOLD else f"{whole[:MOST_TOLD]}…"


def _said(leaves: list[Leaf]) -> Iterator[str]:
    where = ""
    for path, value in leaves:
        if path[-1:] == (LOC,):
            where = f"{value}: "
        elif isinstance(value, str) and value and _is_by_field(path):
            yield f"{path[-1]}: {value}"
        elif isinstance(value, str) and value and (not path or path[-1] in TEXTS):
            yield f"{where}{value}"
            where = ""


def _all_of(leaves: list[Leaf]) -> Iterator[str]:
    for path, value in leaves:
        if isinstance(value, str) and value:
            yield ": ".join((*path[-1:], value))


def _is_by_field(path: tuple[str, ...]) -> bool:
    """Whether the last key is the name of what is wrong: {"errors": {"seed": ["unknown"]}}."""
    own = (*TEXTS, *CODES, *NAMES, *WAITS, LOC, "@type", "input")
    return len(path) > 1 and path[-2] in BY_FIELD and path[-1] not in own


def _names(leaves: list[Leaf]) -> Iterator[str]:
    for path, value in leaves:
        if path[-1:] == (LOC,) or (path[-1:] and path[-1] in NAMES):
            yield str(value).removeprefix("body.")
        elif isinstance(value, str) and _is_by_field(path):
            yield path[-1]
        elif isinstance(value, str):
            for loc in WRITTEN_LOC.findall(value):
                yield ".".join(re.findall(r"[\w$]+", loc)).removeprefix("body.")


def _statuses(leaves: list[Leaf]) -> Iterator[int]:
    for path, value in leaves:
        is_code = path[-1:] and path[-1] in (*CODES, "status_code", "statusCode")
        if is_code and re.fullmatch(r"[45]\d\d", str(value)):
            yield int(value)


def _waits(leaves: list[Leaf]) -> Iterator[float]:
    for path, value in leaves:
        found = SECONDS.fullmatch(str(value)) if path[-1:] and path[-1] in WAITS else None
        if found:
            yield float(found[1])
        for parts in TOLD_WAIT.findall(value) if isinstance(value, str) else ():
            hours, minutes, seconds = (float(part or 0) for part in parts)
            yield 3600 * hours + 60 * minutes + seconds
