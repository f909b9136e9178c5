"""JSON as models write it: read in one pass, mended only where it can mean one thing."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from littlegiants.errors import Unparsable
from littlegiants.inner_quotes import are_quotations, inner_quotes
from littlegiants.strict_json import strict_value
from littlegiants.string_escapes import unescaped

DEEPEST = 32
DOUBTFUL_QUOTES = "ambiguous_quotes"
BLANKS = r"(?:[\s\x00-\x1f\ufeff]++|//[^\n\"'“”]{0,200}+\n|/\*[^*\"'“”]{0,200}+\*/){0,8}+"
"""White space, control characters, comments; each look ahead is bounded: the time is linear."""
QUOTED = (
    r"""(?:"[^"\\]{0,100}+(?:\\.[^"\\]{0,100}+){0,8}+"|'[^'\\\n]{0,100}+(?:\\.[^'\\\n]{0,100}+){0,8}+'"""
    r"""|[“”][^“”\n]{0,100}+[“”]|`[^`\n]{0,100}+`)"""
)
COMMA, COLON = "[,，]", "[:：]"
KEY = re.compile(rf"({QUOTED}|\w{{1,64}}+){BLANKS}{COLON}", re.DOTALL)
SKIP = re.compile(BLANKS)
QUOTES = {'"': '"', "'": "'", "`": "`", "“": "“”", "”": "“”"}
"""What may close a string that one of these opens."""
CONSTANT = re.compile(
    rf"(?:(null|None|undefined|NaN)|(true|True)|(false|False)|(-?\d{{1,15}})"
    rf"|(-?\d{{1,15}}\.?\d{{0,20}}(?:[eE][+-]?\d{{1,3}})?))(?={BLANKS}(?:{COMMA}|[\]}}\"'“]|\Z))"
)


class Broken(Exception):
    """No JSON goes on at `at`; at the end of the text it is cut."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class Reader:
    """Reads the objects and lists in `text`; `known` are the keys that are asked for.

    `doubt` names why a string of the last one is unknown (None in its place), if one is.
    """

    def __init__(self, text: str, known: Sequence[str]) -> None:
        self.text, self.known = text, tuple(known)
        self.doubt = ""
        self._is_valid = True
        self._is_mended = False
        self._is_python = False

    def read(self, at: int) -> tuple[Any, int]:
        """The object or list that begins `at`, and where it ends.

        Raises Broken.
        """
        self.doubt, self._is_python = "", False
        if self._is_valid:
            try:
                return strict_value(self.text, at)
            except ValueError:
                self._is_valid = False  # what follows is not looked through once more: linear time
        return self._value(at, depth=0, in_list=False)

    def _value(self, at: int, *, depth: int, in_list: bool) -> tuple[Any, int]:
        sign = self.text[at : at + 1]
        if sign in QUOTES and sign:
            return self._string(at, in_list=in_list)
        if sign in ("{", "["):
            if depth == DEEPEST:
                raise Broken(at)
            inside = self._object if sign == "{" else self._list
            return inside(at + 1, depth + 1)
        return self._constant(at)

    def _constant(self, at: int) -> tuple[Any, int]:
        found = CONSTANT.match(self.text, at)
        if not found:
            raise Broken(at)
        _, true, false, whole, number = found.groups()
        value = bool(true) if true or false else int(whole) if whole else number and float(number)
        return value, found.end()

    def _object(self, at: int, depth: int) -> tuple[dict[str, Any], int]:
        fields = _Fields(self.known)
        outer, self._is_mended = self._is_mended, False
        at = self._skip(at)
        while self.text[at : at + 1] != "}":
            found = KEY.match(self.text, at)
            if not found:
                raise Broken(at)
            self._is_python |= found[1].startswith("'")
            value, at = self._value(self._skip(found.end()), depth=depth, in_list=False)
            fields.add(found[1].strip("\"'`“”"), value)
            at = self._skip(at)
            if self.text[at : at + 1] in (",", "，"):
                at = self._skip(at + 1)
            elif self.text[at : at + 1] != "}":
                self._is_mended = True  # a comma is missing, or what follows is no key
        if self._is_mended and fields.suspects:
            self.doubt = DOUBTFUL_QUOTES
            fields.drop_suspects()
        self._is_mended = outer
        return fields.values, at + 1

    def _list(self, at: int, depth: int) -> tuple[list[Any], int]:
        items: list[Any] = []
        at = self._skip(at)
        while self.text[at : at + 1] != "]":
            value, at = self._value(at, depth=depth, in_list=True)
            items.append(value)
            at = self._skip(at)
            sign = self.text[at : at + 1]
            if sign in (",", "，"):
                at = self._skip(at + 1)
            elif sign not in ("]", "{", "[", *QUOTES):
                raise Broken(at)
        if (
            None in items and self.doubt
        ):  # what stands beside an item that was cut may be a part of it
            items = [None if isinstance(item, str) else item for item in items]
        return items, at + 1

    def _string(self, at: int, *, in_list: bool) -> tuple[str | None, int]:
        quote = self.text[at]
        found = _string_pattern(QUOTES[quote], in_list, self.known).match(self.text, at + 1)
        if not found:
            raise Broken(len(self.text))
        body = found[1]
        marks = inner_quotes(body, QUOTES[quote])
        self._is_mended |= bool(marks)
        self._is_python |= quote == "'"
        try:
            if marks and not are_quotations(body, marks):
                raise Unparsable(DOUBTFUL_QUOTES)
            return unescaped(body, is_python=self._is_python), found.end()
        except Unparsable as error:
            self.doubt = error.reason
            return None, found.end()

    def _skip(self, at: int) -> int:
        found = SKIP.match(self.text, at)
        return found.end() if found else at


class _Fields:
    """The values of an object by key, None where a key has two."""

    def __init__(self, known: Sequence[str]) -> None:
        self.values: dict[str, Any] = {}
        self.suspects: list[str] = []
        self._known = {name_of(key) for key in known}
        self._last = ""

    def add(self, key: str, value: Any) -> None:
        """Note a value; a string before an unknown key may have been cut there."""
        is_known = name_of(key) in self._known
        if self._last and not is_known:
            self.suspects.append(self._last)
        self._last = key if is_known else ""
        is_other = key in self.values and self.values[key] != value
        self.values[key] = None if is_other else value

    def drop_suspects(self) -> None:
        """Give up the values that may have been cut."""
        self.values.update(dict.fromkeys(self.suspects))


def name_of(key: str) -> str:
    """`key` as keys are compared: letters and digits in one case."""
    return "".join(filter(str.isalnum, key)).casefold()


@cache
def _string_pattern(closing: str, in_list: bool, known: tuple[str, ...]) -> re.Pattern[str]:
    """A string's body up to the quote after which an item or a field may end."""
    if in_list:
        begins = r"[\]{\[\"'`“”]|-?\d|[tT]rue|[fF]alse|null|None"
        next_line = r"[^\S\n]*+\n\s*+[\"'“]"
        follows = rf"{BLANKS}(?:\]|{COMMA}{BLANKS}(?:{begins}))|{next_line}"
    else:
        bare = "|".join(map(re.escape, known)) or r"[A-Za-z_]\w{0,63}"
        key, bare_key = rf"{QUOTED}{BLANKS}{COLON}", rf"(?i:{bare}){BLANKS}{COLON}"
        follows = rf"{BLANKS}(?:\}}|{COMMA}?{BLANKS}{key}|{COMMA}{BLANKS}(?:{bare_key}|\}}))"
    inner = rf"[^{closing}\\]++|\\.|[{closing}](?!{follows})"
    return re.compile(rf"((?:{inner})*+)[{closing}]", re.DOTALL)
