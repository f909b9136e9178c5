"""Which of a teacher's sentences are tasks: one sentence each, none said before."""

import re
from collections.abc import Collection, Sequence

import regex

from littlegiants.errors import Unparsable
from littlegiants.words import tokens, word_count

WORD = r"[\p{L}\p{M}\p{N}_\u200c\u200d]"
"""A letter with its marks; Persian and Hindi words have joiners in them."""
SHORT = (
    r"(?:(?i:dr|mr|mrs|ms|prof|st|mt|ft|gen|sen|rep|gov|lt|col|rev|no|fig|vs|ph\.d)\."
    r"|(?i:etc|al|approx|ca|cf|inc|ltd|corp|co|jr|sr|dept|vol|incl|esp|max|min)\.(?!\s+\p{Lu}))"
)
"""Abbreviations: titles before a name, and those after which a capital begins a sentence."""
NUMBER = (
    rf"(?:\p{{Sc}}|\u00a7{{1,2}}[ \u00a0\u202f]?)?\p{{N}}++(?:[.,]\p{{N}}++)*+"
    rf"(?:{WORD}++|[ \u00a0\u202f]?[%\u2030]|\p{{Sc}}|\u00b0\p{{Lu}}?)?[+]?"
)
DOTTED = (
    rf"(?:\.(?=\p{{Lu}}{{2}}|\p{{Ll}}))?{WORD}++"
    rf"(?:\.(?:\p{{Ll}}{WORD}*+|\p{{N}}++|\p{{Lu}}{{2,}}+(?!\p{{Ll}})))*+[+#]{{0,2}}+"
)
INITIALS = r"(?:\p{L}\.){2,}+"
ITEM = rf"(?:{INITIALS}|{SHORT}|{NUMBER}|{DOTTED})"
"""A word; also e.g., U.S., Dr., C++, Node.js, .NET, $500 and 3.5."""
BEGUN = rf"(?:{INITIALS}|{SHORT}|(?:\p{{N}}+(?:-(?=\p{{Ll}})|(?=\p{{L}}))|(?=\.?\p{{L}})){DOTTED})"
"""The first word, which a number may be a part of: 3D, 19th, 2-stroke."""
MARKS = (
    r"[ \u00a0\u202f\u3000,;:'\u2019\"()/\-\u201c\u201d«»、，；：（）「」『』《》・·،؛־״"
    r"&\u2013\u2014\u2026]"
)
ASKED = r"[?!](?=['\"\u2019\u201d»]|[ \u00a0\u202f]»)"
"""Within quotes; French ones stand apart."""
BETWEEN = rf"(?:{MARKS}|{ASKED})"
END = r"[.)\"'\u2019。．｡।॥۔።։\u201d»』」》）]"
SENTENCE: re.Pattern[str] = regex.compile(
    rf"(?!.*(?://|www\.))[\u201c«「『《]?{BEGUN}(?:{BETWEEN}++{ITEM})*+"
    rf"(?:[ \u00a0\u202f]?{ASKED}[ \u00a0\u202f]?)?{END}{{0,3}}"
)
"""Words with the usual marks between them: no lists, links, symbols or several sentences."""


FIRST: re.Pattern[str] = regex.compile(r"\p{L}++")


def wording(task: str) -> str:
    """`task` as it is compared."""
    return " ".join(tokens(task))


def is_sentence(text: str) -> bool:
    """Whether `text` reads as one sentence.

    One in a script with capitals has one in its first word (iPhone), or begins with a number.
    """
    said = text.strip()
    word = FIRST.search(said)
    is_begun = said[:1].isdigit() or (word is not None and any(map(_is_capital, word[0])))
    return is_begun and bool(SENTENCE.fullmatch(said))


def _is_capital(letter: str) -> bool:
    return letter == letter.title()


def usable(tasks: Sequence[str], *known: Collection[str], count: int) -> list[str]:
    """The first `count` that read as a sentence of 4 to 30 words and whose wording is not `known`.

    Raises Unparsable: `repeated_task` when sentences were there but known, else `no_usable_task`.
    """
    found: dict[str, str] = {}
    sentences = (
        task.strip() for task in tasks if is_sentence(task) and 4 <= word_count(task) <= 30
    )
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
