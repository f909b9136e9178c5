"""How well a text's language is told: `python -m tests.bench.languages` over installed messages.

They are the translations of free programs that Debian's packages bring (/usr/share/locale).
"""

import gettext
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pipelines.curation.language_names import every_language
from pipelines.curation.languages import LEAST_LETTERS, LETTER, is_in

FOLDER = Path("/usr/share/locale")
LANGUAGES = {each.codes[0]: each for each in every_language()}
NOT_ENGLISH = ("de", "fr", "es", "pt", "it", "nl", "pl", "sv")
CLOSE = (("pt", "es"), ("uk", "ru"))


def main() -> None:
    """Print how many are taken for another language, and how many are seen not to be of a given."""
    found = messages()
    if not found:
        sys.exit(f"{FOLDER} has no catalogue of messages; install some, as Debian's packages do")
    count = sum(map(len, found.values()))
    wrong = Counter({code: sum(not is_of(each, code) for each in found[code]) for code in found})
    worst = ", ".join(f"{n} of {len(found[code]):,} in {code}" for code, n in wrong.most_common(6))
    print(f"{count:,} messages in {len(found)} languages: {wrong.total():,} taken for another's")
    print(f"most of them: {worst}")
    apart = [text for code in NOT_ENGLISH for text in found.get(code, ())]
    told_apart(apart, ", ".join(NOT_ENGLISH), "en")
    for code, other in CLOSE:
        told_apart(found.get(code, []), code, other)


def told_apart(texts: list[str], codes: str, other: str) -> None:
    """Print how many are seen not to be in another language."""
    seen = sum(not is_of(text, other) for text in texts)
    if texts:
        print(f"{len(texts):,} messages in {codes}: {seen / len(texts):.1%} seen not to be {other}")


def is_of(text: str, code: str) -> bool:
    """Whether a text may be in the language of this code."""
    return is_in(text, (LANGUAGES[code],))


def messages() -> dict[str, list[str]]:
    """By code of a language that tasks can ask for, each message that is long enough, once."""
    found: dict[str, dict[str, None]] = {}
    for path in sorted(FOLDER.glob("*/LC_MESSAGES/*.mo")):
        place = path.parents[1].name
        code = "" if "@" in place else place.partition("_")[0]  # @: in another script
        if code in LANGUAGES and (texts := dict.fromkeys(translations(path))):
            found.setdefault(code, {}).update(texts)
    return {code: list(texts) for code, texts in found.items()}


def translations(path: Path) -> Iterator[str]:
    """Messages of a catalogue that were translated and have letters enough."""
    with path.open("rb") as file:
        try:
            catalogue = gettext.GNUTranslations(file)
        except (OSError, ValueError, IndexError):
            return  # no catalogue
    for original, text in vars(catalogue)["_catalog"].items():
        is_one = isinstance(original, str) and original and isinstance(text, str)
        if is_one and text != original and len(LETTER.findall(text)) >= LEAST_LETTERS:
            yield text


if __name__ == "__main__":
    main()
