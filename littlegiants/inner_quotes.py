"""Quotes inside a string that a model forgot to escape: where they are, and whether it is so."""

import re
from collections.abc import Sequence
from functools import cache

from littlegiants.thinking import AFTER_THINKING

FOLLOWING = frozenset(",.;:!?)]}，。；：！？）」』\"'`“”")
"""What no quotation begins with."""


def inner_quotes(body: str, closing: str) -> list[int]:
    """Where the quotes `closing` stand in `body` without a backslash before them."""
    if not any(quote in body for quote in closing):
        return []
    return [found.start() for found in _marks(closing).finditer(body) if found[0] in closing]


@cache
def _marks(closing: str) -> re.Pattern[str]:
    return re.compile(rf"\\.|[{closing}]", re.DOTALL)


def are_quotations(body: str, marks: Sequence[int]) -> bool:
    """Whether the quotes at `marks` open and close quotations by turns, and the braces are even.

    Two strings that were not parted rightly (`a", "b`, `a" + "b`), a string that ended early or an
    inch mark make another picture. An apostrophe between letters is no quote.
    """
    marks = [at for at in marks if not _is_apostrophe(body, at)]
    return (
        len(marks) % 2 == 0
        and all(_opens(body, at) for at in marks[::2])
        and all(_closes(body, at) for at in marks[1::2])
        and all(body.count(left) == body.count(right) for left, right in ("{}", "[]"))
        and not AFTER_THINKING.search(body)
    )


def _is_apostrophe(body: str, at: int) -> bool:
    return (
        body[at] == "'" and body[max(0, at - 1) : at].isalpha() and body[at + 1 : at + 2].isalpha()
    )


def _opens(body: str, at: int) -> bool:
    before, after = body[max(0, at - 1) : at], body[at + 1 : at + 2]
    return before != "\\" and bool(after.strip()) and after not in FOLLOWING


def _closes(body: str, at: int) -> bool:
    before = body[at - 1 : at]
    return bool(before.strip()) and before not in "\\\"'`“”"
