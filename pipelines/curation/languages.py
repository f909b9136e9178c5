"""Whether a text is in the language that was asked for, as far as its script tells."""

from functools import cache

import regex

from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from littlegiants.words import tokens

LEAST_TOKENS = 4
"""Of a text that is looked at: a name, a label or a formula may stand in any script."""
LEAST_SHARE, LEAST_LATIN = 0.2, 0.5
"""Of a text's words in the language's script; the others are names, terms, code, which are in Latin
letters in any language."""

LANGUAGES = {
    "Latin": "english german french spanish portuguese italian dutch polish swedish danish "
    "norwegian finnish czech slovak slovenian croatian bosnian hungarian romanian turkish "
    "indonesian malay vietnamese tagalog filipino swahili catalan basque galician irish welsh "
    "icelandic estonian latvian lithuanian albanian maltese latin esperanto afrikaans hausa yoruba "
    "igbo zulu xhosa somali javanese azerbaijani "
    "deutsch français español português italiano nederlands polski svenska dansk norsk suomi "
    "čeština magyar română türkçe "
    "en de fr es pt it nl pl sv da nb fi cs sk sl hr hu ro tr id ms vi ca",
    "Cyrillic": "russian ukrainian bulgarian belarusian macedonian kyrgyz tajik mongolian "
    "русский українська български ru uk bg be mk",
    "Cyrillic Latin": "serbian kazakh sr kk",
    "Greek": "greek ελληνικά el",
    "Arabic": "arabic persian farsi urdu pashto العربية فارسی ar fa ur",
    "Hebrew": "hebrew yiddish עברית he",
    "Devanagari": "hindi marathi nepali sanskrit हिन्दी hi mr ne",
    "Bengali": "bengali bangla assamese bn",
    "Tamil": "tamil ta",
    "Telugu": "telugu te",
    "Kannada": "kannada kn",
    "Malayalam": "malayalam ml",
    "Gujarati": "gujarati gu",
    "Gurmukhi Arabic": "punjabi panjabi pa",
    "Sinhala": "sinhala si",
    "Thai": "thai ไทย th",
    "Lao": "lao lo",
    "Khmer": "khmer km",
    "Myanmar": "burmese my",
    "Georgian": "georgian ka",
    "Armenian": "armenian hy",
    "Ethiopic": "amharic tigrinya am",
    "Han Bopomofo": "chinese mandarin cantonese 中文 汉语 漢語 zh",
    "Han Hiragana Katakana": "japanese 日本語 ja",
    "Hangul Han": "korean 한국어 ko",
}
"""Languages by the scripts that they are written in, in English, by themselves and as codes."""


@cache
def scripts_of(language: str) -> tuple[str, ...]:
    """Unicode's scripts of a language as a recipe names it; none where it is not known here."""
    said = set(regex.findall(r"[\p{L}\p{M}]+", language.casefold()))
    return tuple(
        sorted(
            {
                script
                for scripts, names in LANGUAGES.items()
                for script in scripts.split()
                if not said.isdisjoint(names.split())
            }
        )
    )


def language_is_as_asked(sample: Sample, prompt: Prompt) -> bool:
    """No text is in a script that the language of the task is not written in.

    Languages of one script are not told apart, and what is in no known language is let pass.
    """
    scripts = scripts_of(prompt.task.language)
    return not scripts or all(is_in(text, scripts) for text in sample.texts)


def is_in(text: str, scripts: tuple[str, ...]) -> bool:
    """Whether a text is too short to tell, or enough of its words are in one of the scripts."""
    words = [word for word in tokens(text) if regex.search(r"\p{L}", word)]
    own = sum(bool(_letters(scripts).search(word)) for word in words)
    share = LEAST_LATIN if "Latin" in scripts else LEAST_SHARE
    return len(words) < LEAST_TOKENS or own >= share * len(words)


@cache
def _letters(scripts: tuple[str, ...]) -> "regex.Pattern[str]":
    return regex.compile("|".join(rf"\p{{Script={script}}}" for script in scripts))
