"""Which of a teacher's sentences are tasks: one sentence each, none said before."""

import re
from collections.abc import Collection, Sequence

import regex

from littlegiants.errors import Unparsable
from littlegiants.words import tokens, word_count

WORD = r"[\p{L}\p{M}\p{N}_\u200c\u200d]"
"""A letter with its marks; Persian and Hindi words have joiners in them."""
ITEM = rf"(?:(?:\p{{L}}\.){{2,}}+|{WORD}++[+#]{{0,2}}+)"
"""A word; also e.g., U.S., C++ and C#."""
MARKS = (
    r"[ \u00a0\u202f\u3000,;:'\u2019\"()/\-\u201c\u201d«»、，；：（）「」『』《》・·،؛־״"
    r"&\u2013\u2014\u2026]"
)
BETWEEN = rf"(?:{MARKS}|[?!](?=['\"\u2019\u201d»]))"
END = r"[.)\"'\u2019。．｡।॥۔።։\u201d»』」》）]"
SENTENCE: re.Pattern[str] = regex.compile(
    rf"[\u201c«「『《]?\p{{L}}{WORD}*+[+#]{{0,2}}+(?:{BETWEEN}++{ITEM})*+"
    rf"(?:[?!](?=['\"\u2019\u201d»]))?{END}{{0,3}}"
)
"""Words with the usual marks between them: no lists, links, symbols or several sentences."""


def wording(task: str) -> str:
    """`task` as it is compared."""
    return " ".join(tokens(task))


def is_sentence(text: str) -> bool:
    """Whether `text` reads as one sentence; one in a script with capitals begins with one."""
    first = next(filter(str.isalpha, text), "")
    return first == first.title() and bool(SENTENCE.fullmatch(text))


def usable(tasks: Sequence[str], *known: Collection[str], count: int) -> list[str]:
    """The first `count` that read as a sentence of 4 to 30 words and whose wording is not `known`.

    Raises Unparsable: `repeated_task` when sentences were there but known, else `no_usable_task`.
    """
    found: dict[str, str] = {}
    sentences = (task for task in tasks if is_sentence(task) and 4 <= word_count(task) <= 30)
    reason = "no_usable_task"
    for task in sentences:
        told, reason = wording(task), "repeated_task"
        if not any(told in each for each in (found, *known)):
            found[told] = task
        if len(found) == count:
            break
    if not found:
        raise Unparsable(reason)
    return list(found.values())
