"""Whether a text is code, and whether that is whole: it may end in a word, its brackets closed."""

import re

from littlegiants.words import is_ended

STRINGS = re.compile(
    r"(?P<comment>/\*.*?\*/)"
    r"|\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|`(?:\\.|[^`\\]){0,2000}`"
    r"|\"(?:\\.|[^\"\\\n]){0,300}\"|'(?:\\.|[^'\\\n]){0,300}'",
    re.DOTALL,
)
COMMENTS = re.compile(
    r"(?:^|(?<=\s))(?://|--(?=\s)|\#(?!include|define|if|else|end|pragma)).*", re.MULTILINE
)
LINE = re.compile(
    r".*[;{}]|[)\]}]+[,;]?|@\w.*|\#\s*\w+.*"
    r"|(?:[a-z]+ +){0,3}(?:def|class|func|fn|function|sub|struct|interface|impl|proc|type)\b.+"
    r"|(?:if|elif|else|for|foreach|while|try|except|finally|with|switch|match|case|default)\b.*[:)]"
    r"|(?:return|yield|raise|throw|assert|del|await|import|pass|break|continue|end|fi|done)\b.*"
    r"|from [\w.]+ import .*"
    r"|[^=]*[^=!<>]=(?!=).*"
    r"|[\w.$@>:\[\]-]+\(.*"
)
"""A line of code in most languages, without the blanks around it."""
GOES_ON = re.compile(r"(?:[,\\=&|<:(\[{]|(?<!\.)\.|(?<!\+)\+|(?<!-)-|\b(?:and|or|not|in|is|if))$")
COMMENT = re.compile(r"(?:#(?!end)|//|\*(?!/)|--)")
WORD, ALONE = re.compile(r"[^\W\d]\w*"), re.compile(r"[\w.]+")
SENTENCE = re.compile(r"(?!#|//|--|\*)(?:\S+\s+){5,}\S*[.!?]")
CLOSING = frozenset(
    {"pass", "break", "continue", "return", "raise", "None", "True", "False", "self", "super"}
    | {"NotImplemented", "NotImplementedError", "this", "nil", "null", "true", "false", "nullptr"}
    | {"end", "endif", "fi", "done", "esac", "NULL", "int", "float", "str", "bool", "list", "dict"}
)
"""Words that code may end with, though it said them nowhere before."""
LEAST_LINES, LEAST_SHARE = 3, 0.5


def is_code(text: str) -> bool:
    """Whether at least half of the lines of `text` are code, beside strings and comments."""
    lines = [line.strip() for line in _bare(text).splitlines() if line.strip()]
    found = sum(LINE.fullmatch(line) is not None for line in lines)
    return len(lines) >= LEAST_LINES and found >= LEAST_SHARE * len(lines)


def is_whole_code(code: str) -> bool:
    """Whether nothing is left open: no bracket, string or comment, and no line.

    A last word that `code` has nowhere else is taken for the beginning of another. Where prose
    follows, that ends as prose does.
    """
    left, last = _bare(code).rstrip(), code.rstrip().rpartition("\n")[2].strip()
    if SENTENCE.fullmatch(last) and not LINE.fullmatch(last):
        return True
    if any(mark in left for mark in ('"""', "'''", "/*")):
        return False
    if not any(map(_is_closed, (left, _without_strings(code), code))):
        return False
    if COMMENT.match(last):
        return is_ended(last)
    return not GOES_ON.search(left) and not _ends_within_a_word(code.rstrip())


def _bare(text: str) -> str:
    return COMMENTS.sub("", _without_strings(text))


def _without_strings(text: str) -> str:
    return STRINGS.sub(lambda found: "" if found["comment"] else "''", text)


def _is_closed(text: str) -> bool:
    return all(
        text.count(opening) <= text.count(closing) for opening, closing in ("()", "[]", "{}")
    )


def _ends_within_a_word(code: str) -> bool:
    *before, last = WORD.findall(code) or [""]
    if not last or not code.endswith(last) or last in CLOSING:
        return False
    return last not in before or bool(ALONE.fullmatch(code.rpartition("\n")[2].strip()))
