"""What may be the name of a topic: one segment of its path."""

import re
import unicodedata

import regex

from littlegiants.words import word_count

LONGEST_NAME = 80
"""Characters of a name that a teacher gives."""
CONTROL: re.Pattern[str] = regex.compile(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]")
"""Joiners and marks of direction are none: Persian, Hindi and emoji are written with them."""


def subtopic_name(text: str) -> str:
    """`text` as one segment of a path; empty when it is no name of a topic."""
    name = " ".join(unicodedata.normalize("NFC", text).replace("/", "-").split()).lstrip("# ")
    is_name = word_count(name) and len(name) <= LONGEST_NAME and not CONTROL.search(name)
    return name if is_name else ""
