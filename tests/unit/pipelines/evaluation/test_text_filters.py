"""Only texts that leave no doubt which document is meant become queries."""

import random

import pytest

from pipelines.evaluation.docstrings import Docstring
from pipelines.evaluation.text_filters import capped, clear_pairs

REST = "It waits for the given number of seconds and then it tries again."
FIRST = Docstring("m:f", "Open the given file for reading.", REST)


@pytest.mark.parametrize(
    ("first", "rest", "fair"),
    [
        ("Return the time of the last change.", REST + " Twice.", True),
        ("Return the time of the last change.", REST, False),
        (
            "Return the time of the last change.",
            "Return the time of the last change. " + REST,
            False,
        ),
        ("Open the given file for reading it.", REST + " Twice.", False),
        ("Return it.", REST + " Twice.", False),
        ("Return the time of the last change.", "See above.", False),
    ],
    ids=["fair", "same document", "query in document", "near query", "short query", "short rest"],
)
def test_doubtful_pairs_are_left_out(first: str, rest: str, fair: bool) -> None:
    second = Docstring("m:g", first, rest)
    assert clear_pairs([FIRST, second]) == ([FIRST, second] if fair else [FIRST])


def test_no_package_dominates() -> None:
    texts = [Docstring(f"big:f{number}", "", REST) for number in range(9)]
    texts.append(Docstring("small", "", REST))
    kept = capped(texts, 2, random.Random(0))
    assert sorted(text.package for text in kept) == ["big", "big", "small"]
