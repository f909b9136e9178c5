"""The JSON in a model's text, thinking left out: what is whole there, and whether it is cut."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from littlegiants import thinking
from littlegiants.lenient_json import DOUBTFUL_QUOTES, QUOTED, Broken, Reader
from littlegiants.plain_text import ANSI
from littlegiants.strict_json import strict_value

EVENT = re.compile(
    rf"(?P<thinking>{thinking.OPEN})|(?P<thought>{thinking.CLOSE}|{thinking.FINAL_CHANNEL})"
    rf"|(?P<channel>{thinking.CHANNEL})|(?P<turn>{thinking.TURN_END})"
    rf"|(?P<answer>{thinking.ANSWER_OPEN})|(?P<answered>{thinking.ANSWER_CLOSE})"
    r"|(?P<json>\{(?=\s*+(?:[\"'“”`]|\w{1,64}+\s*+[:：]|\}|\Z))|\[(?=\s*+(?:[\"'“{\[\]]|\Z)))"
    r"|(?P<stray>[\"'”]\s*+[}\]])",
    re.IGNORECASE,
)
CUT_OFF = re.compile(
    rf"(?:{QUOTED}|[\"'“”`]?[^\"'“”`{{}}\[\]]{{0,100}}+)\s*+[:：]?\s*+\Z", re.DOTALL
)
"""The begin of a key or of a constant at the end of a text."""
ESCAPED = re.compile(r"\{\s*+(?:\\++n\s*+)?\\++\"")
THOUGHT = re.compile(f"{thinking.CLOSE}|{thinking.FINAL_CHANNEL}", re.IGNORECASE)
MESSAGE = re.compile(f"(?P<channel>{thinking.CHANNEL})", re.IGNORECASE)
RETRIES = 16
"""How often what broke is looked at again for something whole inside it: a bound on the work."""
ONCE = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "/": "/"}
NOTHING = re.compile(
    rf"(?:[\s\x00-\x1f`]|json|{thinking.ANSWER_CLOSE}|{thinking.TURN_END}|,)*+", re.I
)
"""What may stand between or after answers without being a word."""


@dataclass(slots=True)
class Found:
    """Whole values with their places; `is_cut` when the text ends inside one, or inside thinking.

    `doubt` names why a text in one of them, or one of them, is unknown.
    """

    text: str
    values: list[Any] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    is_cut: bool = False
    doubt: str = ""

    @property
    def follows(self) -> str:
        """What stands after the last value, blanks and marks left out."""
        end = self.places[-1][1] if self.places else 0
        nothing = NOTHING.match(self.text, end)
        return self.text[nothing.end() if nothing else end :]

    def words_before(self, index: int) -> bool:
        """Whether there are words before a value."""
        return self._has_words(0, self.places[index][0])

    def words_between(self, first: int, last: int) -> bool:
        """Whether there are words somewhere between two values."""
        parts = zip(self.places[first:last], self.places[first + 1 :], strict=False)
        return any(self._has_words(left[1], right[0]) for left, right in parts)

    def _has_words(self, start: int, end: int) -> bool:
        found = NOTHING.match(self.text, start, end)
        return found is not None and found.end() < end

    def add(self, value: Any, start: int, end: int) -> None:
        self.values.append(value)
        self.places.append((start, end))

    def clear(self) -> None:
        """Forget all values."""
        self.values.clear()
        self.places.clear()


def readings(text: str, known: Sequence[str]) -> Iterator[Found]:
    """Ways to read `text`, the surest first: as JSON and nothing else, after thinking, in prose."""
    text = ANSI.sub("", text).strip("\ufeff \t\r\n")
    with suppress(ValueError):
        value, end = strict_value(text, 0)
        if end == len(text):
            yield Found(text, [value], [(0, end)])
            return
    answer = thinking.after_thinking(text)
    if answer is not None:
        found = _found(answer, known)
        if not found.follows.startswith(("}", "]")):  # else the tag stands in an answer's text
            yield found
    yield _found(text, known)
    if ESCAPED.search(text):
        yield _found(re.sub(r"\\(.)", _once, text, flags=re.DOTALL), known)


def _once(found: re.Match[str]) -> str:
    return ONCE.get(found[1], found[0])


def _found(text: str, known: Sequence[str]) -> Found:
    scan = _Scan(text, known)
    at = 0
    while event := EVENT.search(text, at):
        at = scan.take(event)
    found = scan.found
    if 0 < scan.answer_at < len(found.values):
        del found.values[: scan.answer_at], found.places[: scan.answer_at]
    return found


class _Scan:
    """What was found up to an event; each method takes one and says where the next may be."""

    def __init__(self, text: str, known: Sequence[str]) -> None:
        self.found = Found(text)
        self.answer_at = 0
        self._reader = Reader(text, known)
        self._end = len(text)
        self._is_after_value = False
        self._retries = RETRIES

    def take(self, event: re.Match[str]) -> int:
        """Note `event`."""
        match event.lastgroup:
            case "json":
                return self._json(event.start())
            case "thinking":
                return self._skipped(THOUGHT.search(self.found.text, event.end()))
            case "channel":
                return self._skipped(MESSAGE.search(self.found.text, event.end()))
            case "thought":
                self.found.clear()
                self.answer_at, self.found.doubt = 0, ""
            case "answer":
                self.answer_at = len(self.found.values)
            case "stray" if self._is_after_value:  # all may have ended at quotes inside one text
                self._is_after_value = False
                self.found.clear()
                self.found.doubt = DOUBTFUL_QUOTES
            case "turn" | "answered" if len(self.found.values) > self.answer_at:
                return self._end
        return event.end()

    def _skipped(self, end: re.Match[str] | None) -> int:
        if end:
            return end.start() if end.lastgroup == "channel" else end.end()
        self.found.is_cut |= not self.found.values
        return self._end

    def _json(self, start: int) -> int:
        try:
            value, end = self._reader.read(start)
        except Broken as broken:
            if CUT_OFF.match(self.found.text, broken.at):
                self.found.is_cut = True
                return self._end
            self._retries -= 1
            return start + 1 if self._retries >= 0 else max(broken.at, start + 1)
        self.found.doubt = self._reader.doubt or self.found.doubt
        self.found.add(value, start, end)
        self._is_after_value = True
        return end
