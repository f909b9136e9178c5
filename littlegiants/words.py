"""Words of any script: how texts are compared, and how long they are."""

import re
import unicodedata
from functools import lru_cache

import regex

CHARACTERS_A_WORD = {"han": 1.6, "kana": 3.0, "syllable": 5.0}
"""Of scripts without blanks. Translators count 1.6 Chinese characters, or 2 to 2.5 Japanese ones
(a third of them Han), for an English word; Thai, Lao, Khmer and Burmese with their vowel signs
are ours.
"""

ENDS = frozenset({"Po", "Pe", "Pf", "So", "Sk", "Sm", "Sc"})
"""Unicode's categories of marks, closing brackets and signs."""
GOING_ON = frozenset(",;:/&@#%*\\，、；：،؛")

_KANA = r"[\p{Hiragana}\p{Katakana}ー]"
_SYLLABLE = r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}&&\p{L}]"
_TOKEN: re.Pattern[str] = regex.compile(
    rf"""
    (?P<word> (?:
        [a-z0-9_]++
        | [[\p{{L}}\p{{M}}\p{{N}}_]--\p{{Han}}--{_KANA}--{_SYLLABLE}]
        | (?<=\p{{L}}) ' (?=\p{{L}})
        | (?<=\p{{N}}) [.,] (?=\p{{N}})
      )+ )
    | (?P<sign> [^\s\p{{P}}\p{{L}}\p{{M}}\p{{N}}] | [\#%&@/\\*] | -(?=\s*\p{{N}}) | !(?==) )
    | (?P<han> \p{{Han}} \p{{M}}* )
    | (?P<kana> {_KANA} \p{{M}}* )
    | (?P<syllable> {_SYLLABLE} \p{{M}}* )
    """,
    regex.VERSION1 | regex.VERBOSE,
)
"""As Unicode's word boundaries (UAX #29) where there are blanks; signs that tell C++ from C#."""
_ASCII_TOKEN = re.compile(
    r"(?P<word>(?:[a-z0-9_]+|(?<=[a-z])'(?=[a-z])|(?<=[0-9])[.,](?=[0-9]))+)"
    r"|(?P<sign>[^\s\w!\"'(),./:;?\[\]{}\\*#%&@-]|[#%&@/\\*]|-(?=\s*[0-9])|!(?==))",
    re.ASCII,
)
"""The same for ASCII alone, five times as fast."""
_IGNORABLE: re.Pattern[str] = regex.compile(r"\p{Default_Ignorable_Code_Point}+")
_NO_POWER: re.Pattern[str] = regex.compile(r"\P{No}+")
"""All but superscripts, subscripts and fractions: x² is not x2."""


def tokens(text: str) -> tuple[str, ...]:
    """Words and signs of `text`, alike for texts that read alike; equal tokens are an equal text.

    Case, punctuation, Unicode's forms of one character (NFC, NFD, full width) and characters
    without ink (soft hyphens, joiners) make no difference; signs such as + and # do. A script
    without blanks is cut into characters.
    """
    return _read(text)[0]


def is_ended(text: str) -> bool:
    """Whether the last mark of `text` may end it: no word, comma, dash or opening bracket does.

    Thai, Lao, Khmer and Burmese have no marks at the end.
    """
    last = text.rstrip()[-1:]
    if regex.match(_SYLLABLE, last, regex.VERSION1):
        return True
    return bool(last) and unicodedata.category(last) in ENDS and last not in GOING_ON


def word_count(text: str) -> float:
    """How many words `text` has, by the length of a word where no blank tells it."""
    return _read(text)[1]


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[tuple[str, ...], float]:
    said, count = [], 0.0
    pattern = _ASCII_TOKEN if text.isascii() else _TOKEN
    for found in pattern.finditer(folded(text)):
        token, script = found[0], found.lastgroup or ""
        said.append(token)
        if script == "word":
            count += 1
        elif script in CHARACTERS_A_WORD:
            count += len(token) / CHARACTERS_A_WORD[script]
    return tuple(said), count


def folded(text: str) -> str:
    """`text` as it is compared, before it is cut."""
    if not text.isascii():
        inked = _IGNORABLE.sub("", text)
        composed = _NO_POWER.sub(lambda part: unicodedata.normalize("NFKC", part[0]), inked)
        text = composed.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return text.casefold()
