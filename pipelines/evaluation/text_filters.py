"""Which documentation strings make fair test data: clear, distinct, silent on their label."""

import math
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from littlegiants.errors import BadInput
from littlegiants.words import tokens
from pipelines.evaluation.docstrings import Docstring

QUERY_WORDS = (4, 30)
LEAST_WORDS = 8
NEAR_IDENTICAL = 0.7
"""First sentences that share this much of their words (Jaccard) leave open which is meant."""


def distinct(texts: Iterable[Docstring]) -> list[Docstring]:
    """Long enough texts, the first of each wording."""
    kept = {tokens(text.text): text for text in reversed(list(texts))}
    return [text for wording, text in reversed(kept.items()) if len(wording) >= LEAST_WORDS]


def clear_pairs(texts: Iterable[Docstring]) -> list[Docstring]:
    """Texts whose first sentence can be a query: its rest does not repeat it, no other is near."""
    low, high = QUERY_WORDS
    kept, rests = [], set()
    by_word: dict[str, list[set[str]]] = defaultdict(list)
    for text in texts:
        first, rest = tokens(text.first), tokens(text.rest)
        if not low <= len(first) <= high or len(rest) < LEAST_WORDS or " ".join(rest) in rests:
            continue
        said, telling = set(first), _telling(set(first))
        others = (other for word in telling for other in by_word[word])
        if " ".join(first) in " ".join(rest) or any(_near(said, other) for other in others):
            continue
        kept.append(text)
        rests.add(" ".join(rest))
        for word in telling:
            by_word[word].append(said)
    return kept


def _near(one: set[str], other: set[str]) -> bool:
    return len(one & other) >= NEAR_IDENTICAL * len(one | other)


def _telling(said: set[str]) -> list[str]:
    """The longest words, so many that two near-identical sentences share one (prefix filtering)."""
    ordered = sorted(said, key=lambda word: (-len(word), word))
    return ordered[: len(ordered) - math.ceil(NEAR_IDENTICAL * len(ordered)) + 1]


def capped(texts: Sequence[Docstring], most: int, rng: random.Random) -> list[Docstring]:
    """At most `most` texts of each package, drawn by `rng`."""
    packages = defaultdict(list)
    for text in rng.sample(texts, len(texts)):
        packages[text.package].append(text)
    return [text for package in packages.values() for text in package[:most]]


def grouped(
    texts: Iterable[Docstring],
    group_of: Callable[[Docstring], str],
    *,
    count: int,
    size: int,
    rng: random.Random,
) -> dict[str, list[Docstring]]:
    """`size` texts for each of the `count` largest groups; no text names its group's last part."""
    groups = defaultdict(list)
    for text in texts:
        name = group_of(text)
        if not re.search(rf"\b{name.rsplit('.')[-1].strip('_')}", text.text, re.IGNORECASE):
            groups[name].append(text)
    large = sorted(
        (name for name in groups if len(groups[name]) >= size), key=lambda n: (-len(groups[n]), n)
    )
    enough(f"groups of {size} texts", count, len(large))
    return {name: rng.sample(groups[name], size) for name in large[:count]}


def enough(what: str, asked: int, there: int) -> None:
    """Raise BadInput when the library cannot give what was asked for."""
    if there < asked:
        raise BadInput(f"{what}: {asked} asked for, the library has {there}; ask for fewer")


def cut(text: str, most_words: int) -> str:
    """The first words of `text`."""
    return " ".join(text.split()[:most_words])
