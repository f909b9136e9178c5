"""Languages by the names that a recipe may give them, with their scripts and codes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import regex

LANGUAGES = {
    "Latin": "en english, de german deutsch, fr french français, es spanish español castilian, "
    "pt portuguese português, it italian italiano, nl dutch nederlands flemish, pl polish polski, "
    "sv swedish svenska, da danish dansk, no/nn nb norwegian norsk bokmål nynorsk, "
    "fi finnish suomi, cs czech čeština, sk slovak slovenčina, sl slovenian slovene, "
    "hr/bs croatian hrvatski, bs/hr bosnian, hu hungarian magyar, ro romanian română, "
    "tr turkish türkçe, id/ms indonesian, ms/id malay, vi vietnamese, tl tagalog filipino, "
    "sw swahili, ca catalan català, eu basque, gl galician, ga irish, cy welsh, is icelandic, "
    "et estonian, lv latvian, lt lithuanian, sq albanian, mt maltese, la latin, eo esperanto, "
    "af afrikaans, ha hausa, yo yoruba, ig igbo, zu zulu, xh xhosa, so somali, jv javanese, "
    "az azerbaijani",
    "Cyrillic": "ru russian русский, uk ukrainian українська, bg bulgarian български, "
    "be belarusian, mk macedonian, ky kyrgyz, tg tajik, mn mongolian",
    "Cyrillic Latin": "sr/hr/bs serbian српски srpski, kk kazakh",
    "Greek": "el greek ελληνικά",
    "Arabic": "ar arabic العربية, fa persian farsi فارسی, ur urdu, ps pashto",
    "Hebrew": "he hebrew עברית, yi yiddish",
    "Devanagari": "hi hindi हिन्दी, mr marathi, ne nepali, sa sanskrit",
    "Bengali": "bn bengali bangla, as assamese",
    "Tamil": "ta tamil",
    "Telugu": "te telugu",
    "Kannada": "kn kannada",
    "Malayalam": "ml malayalam",
    "Gujarati": "gu gujarati",
    "Gurmukhi Arabic": "pa punjabi panjabi",
    "Sinhala": "si sinhala",
    "Thai": "th thai ไทย",
    "Lao": "lo lao",
    "Khmer": "km khmer",
    "Myanmar": "my burmese",
    "Georgian": "ka georgian",
    "Armenian": "hy armenian",
    "Ethiopic": "am amharic, ti tigrinya",
    "Han Bopomofo": "zh/yue chinese mandarin cantonese 中文 汉语 漢語",
    "Han Hiragana Katakana": "ja japanese 日本語",
    "Hangul Han": "ko korean 한국어",
}
"""By their scripts: codes of ISO 639, first the language's own, then those of languages that can
hardly be told from it; its names in English and by itself."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that texts are asked for in."""

    codes: tuple[str, ...]
    names: frozenset[str]
    scripts: tuple[str, ...]


@cache
def every_language() -> tuple[Language, ...]:
    """All that are known here."""
    return tuple(_listed())


@cache
def languages_named(text: str) -> tuple[Language, ...]:
    """Those that a recipe's `language` names: by name, or by a code that it begins with.

    None where it is not known here.
    """
    said = regex.findall(r"[\p{L}\p{M}]+", text.casefold())
    codes = said[:1]
    return tuple(
        each
        for each in every_language()
        if not each.names.isdisjoint(said) or each.codes[0] in codes
    )


def _listed() -> Iterator[Language]:
    for scripts, entries in LANGUAGES.items():
        for entry in entries.split(", "):
            codes, *names = entry.split()
            yield Language(tuple(codes.split("/")), frozenset(names), tuple(scripts.split()))
