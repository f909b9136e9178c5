"""What stands between the quotes of a JSON string, as its writer meant it."""

import re

from littlegiants.errors import Unparsable

DOUBTFUL_ESCAPE = "ambiguous_escape"
MEANINGS = dict(zip("\"\\/'nrtbf", "\"\\/'\n\r\t\b\f", strict=True))
ESCAPE = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|(?:x([0-9a-fA-F]{2})|U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}))|(.))",
    re.DOTALL,
)
HALF_PAIR = re.compile("[\ud800-\udfff]")
COMMANDS = (
    r"(?:b(?:ackslash|ar|ecause|egin|eta|eth|etween|fseries|f|ibitem|ig[a-z]{0,12}|inom"
    r"|lack[a-z]{0,16}|mod|m|old[a-z]{0,10}|ot|owtie|ox[a-z]{0,6}|ra(?:ce|cket|ck|ket)?|reve|ullet)"
    r"|f(?:allingdotseq|box|lat|lushleft|ootnote|orall|rac|rak|rown)"
    r"|n(?:abla|atural|earrow|ewcommand|ewline|ewpage|geq[a-z]{0,5}|leq[a-z]{0,5}|oindent|olimits"
    r"|onumber|orm|otag|otin|subset[a-z]{0,3}|supset[a-z]{0,3}|warrow|leftarrow|rightarrow)"
    r"|r(?:aggedright|angle|brac[ek]|ceil|ef|enewcommand|floor|ho|ight[a-z]{0,18}|m|oot|times|[Vv]ert)"
    r"|t(?:binom|ext[a-z]{0,7}|frac|herefore|heta|hick[a-z]{0,6}|hinspace|ilde|imes|iny"
    r"|riangle[a-z]{0,12}|woheadrightarrow))(?![A-Za-z])"
)
"""TeX whose backslash a model forgot to double. With n and t only what no new line or tab makes:
\\nu and \\to may as well be one before u and o.
"""
COMMAND = re.compile(COMMANDS)
SHORT_COMMAND = re.compile(r"(?:n(?:u|e|eq|eg|ot|i)|t(?:o|au|an|anh|op))(?![A-Za-z])")
MATHS = frozenset(" ${}()_^=+-*/|,&<>0123456789")
"""What stands before a command rather than before a new line."""
SINGLE = r"\\(?<!\\\\)(?:\\\\)*+"
"""A backslash that none before it escapes; that it begins with one makes the search quick."""
SUSPECT = re.compile(rf"{SINGLE}(?:[bf]|{COMMANDS})")
"""What strict JSON reads as a control character."""
BARE = re.compile(rf"{SINGLE}(?:[ac-eg-mo-qsv-zA-Z(\[{{]|u(?![0-9a-fA-F]{{4}})|{COMMANDS})")
"""Shows that its writer does not double backslashes."""


def unescaped(body: str, *, is_python: bool = False) -> str:
    """The text of a string's `body`: legal escapes read, illegal ones left as they are written.

    An apostrophe loses its backslash. Raises Unparsable `ambiguous_escape` where a backslash may
    mean one thing or another, as in \\d C:\\new.
    """
    if "\\" not in body:
        return body
    is_bare = bool(BARE.search(body))
    text = ESCAPE.sub(lambda found: _one(found, is_bare, is_python), body)
    if HALF_PAIR.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text


def _one(found: re.Match[str], is_bare: bool, is_python: bool) -> str:
    code, byte, sign = found[1] or found[3], found[2], found[4]
    if code or (byte and is_python):
        return chr(int(code or byte, 16))
    if byte and "'" in found.string:  # such a text has double quotes in Python too
        raise Unparsable(DOUBTFUL_ESCAPE)
    body, start, after = found.string, found.start(), found.string[found.end() : found.end() + 1]
    if sign == "u" and after.isdigit():
        raise Unparsable(DOUBTFUL_ESCAPE)
    if sign not in MEANINGS or COMMAND.match(body, start + 1):
        return found[0]
    if is_bare and sign in "nt" and "a" <= after <= "z":
        if not (SHORT_COMMAND.match(body, start + 1) and body[start - 1 : start] in MATHS):
            raise Unparsable(DOUBTFUL_ESCAPE)
        return found[0]
    return MEANINGS[sign]
