"""Whether a text is in the language that was asked for: by its script, and a long one by itself."""

from functools import cache
from typing import Any

import regex

from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from littlegiants.words import tokens
from pipelines.curation.language_names import Language, every_language, languages_named

LEAST_TOKENS = 4
"""Of a text that is looked at: a name, a label or a formula may stand in any script."""
LEAST_SHARE, LEAST_LATIN = 0.2, 0.5
"""Of a text's words in the language's script; the others are names, terms, code, which are in Latin
letters in any language."""
LEAST_LETTERS = 60
"""Of a text whose language is told; docs/embedder.md has how well that goes."""
UNLIKELY = 0.05
"""Probability of the language below which a long text is in another."""
NEVER_MEANT = frozenset({"la"})
"""Of names of species, drugs and laws: no text is in it unless it is asked for."""
NAMES = 0.8
"""Share of a text's words with a capital from which it is a list of names, which tell no
language."""
LOOKED_AT = 1000
"""Characters of a text, from its beginning, by which its language is told."""
WORD = regex.compile(r"\p{L}[\p{L}\p{M}'\u2019]*")
LATIN, LETTER = regex.compile(r"\p{Script=Latin}+"), regex.compile(r"\p{L}")


def language_is_as_asked(sample: Sample, prompt: Prompt) -> bool:
    """Every text is in a script of the languages that its task names, a long one in one of them.

    What is asked for in no known language is let pass.
    """
    named = languages_named(prompt.task.language)
    return not named or all(is_in(text, named) for text in sample.texts)


def is_in(text: str, named: tuple[Language, ...]) -> bool:
    """Whether a text may be in one of these languages; a short one is told by its script alone."""
    scripts = tuple(sorted({script for each in named for script in each.scripts}))
    words, is_own = [word for word in tokens(text) if LETTER.search(word)], _letters(scripts).search
    own = sum(is_own(word) is not None for word in words)
    is_latin = "Latin" in scripts
    share = LEAST_LATIN if is_latin else LEAST_SHARE
    if len(words) >= LEAST_TOKENS and own < share * len(words):
        return False
    # beside another script Latin letters are code and names, which would be taken for English
    return _likelihood(text if is_latin else LATIN.sub(" ", text), named) >= UNLIKELY


def _likelihood(text: str, named: tuple[Language, ...]) -> float:
    """Probability that a text is in one of the languages; 1 where that cannot be told."""
    text = text[:LOOKED_AT]
    is_long = len(LETTER.findall(text)) >= LEAST_LETTERS
    codes = {code for each in named for code in each.codes}
    if (
        not is_long
        or _is_of_names(text)
        or not all(each.codes[0] in _told_apart() for each in named)
    ):
        return 1.0
    found: dict[str, float] = dict(_identifier(bool(codes & NEVER_MEANT)).rank(text))
    return sum(found.get(code, 0.0) for code in codes)


def _is_of_names(text: str) -> bool:
    words = WORD.findall(text)
    capitals = sum(word[0].isupper() and not word.isupper() for word in words)
    return capitals >= NAMES * len(words)


@cache
def _identifier(may_be_any: bool) -> Any:
    """py3langid's model, among the languages that are known here: the rarest would be mistaken."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    codes = {code for each in every_language() for code in each.codes} & set(identifier.labels)
    identifier.set_languages(codes if may_be_any else codes - NEVER_MEANT)
    return identifier


@cache
def _told_apart() -> frozenset[str]:
    return frozenset(_identifier(True).labels)


@cache
def _letters(scripts: tuple[str, ...]) -> "regex.Pattern[str]":
    return regex.compile("|".join(rf"\p{{Script={script}}}" for script in scripts))
