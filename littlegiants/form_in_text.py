"""Finds what is form and no text: a placeholder, a key before it, JSON, a chat's preamble."""

import json
import re
from collections.abc import Sequence
from functools import cache

from littlegiants.code_endings import is_code
from littlegiants.kinds import SPECS, Field, Kind
from littlegiants.samples import Sample
from littlegiants.words import word_count

OPENING, CLOSING = r"[\s\"'`*_#>\[({<-]*", r"[\s\"'`*_\])}>]*"
"""Marks around a name."""
PLACE = re.compile(r"\bS[\d_]{1,3}\b")
ONLY_PLACES = re.compile(r"(?:\W*\bS[1-3]\b){2,}\W*")
NAMED_PLACE = re.compile(
    rf"{OPENING}(?:S[\d_]{{1,3}}(?:{CLOSING}[:=|：]|[(\[{{])|S[1-3][.)]\s"
    rf"|(?:sentence|text|phrase|passage)\s?[1-3A-C]{CLOSING}[:：])",
    re.IGNORECASE,
)
"""S1 … S3 are the keys of an STS sample; models that learn them write S12 as well."""

NAME = r"(?:texts?|string|str|sentences?|phrases?|passages?|documents?|query|label|input|output)"
ABOUT = (
    r"(?:an?|the|another|some|any|your|this|one|first|second|third|sample|example|placeholder|todo|"
    r"insert|enter|write|add|put|paste|user|search|positive|hard|negative|similar|different|"
    r"relevant|original|goes|here|new)"
)
REFERRED = rf"(?:\W+(?:{ABOUT}|{NAME}|\d{{1,2}}|[A-D]))*\W*"
SPOKEN_OF = re.compile(
    rf"\W*(?:(?:{ABOUT}\W+)+{NAME}{REFERRED}|{NAME}\W+(?:{ABOUT}|\d{{1,2}}|[A-D]){REFERRED})",
    re.IGNORECASE,
)
"""Another sentence, insert text here, document 2: a text is spoken of, and none is there."""
ONE_NAME = re.compile(rf"\W*{NAME}\W*", re.IGNORECASE)
UNFILLED = re.compile(
    r"\W*(?:todo|tbd|tba|fixme|n/a|null|none|undefined|placeholder|lorem ipsum\b.*)\W*"
    r"|[^\w<\[{]*(?:<[^<>=;]*>|\[[^\[\]=;]*\]|\{+[^{}=;]*\}+)[\s\"'*.!?]*"
    r"|\W*[a-z0-9]+(?:_+[a-z0-9]+)+\W*|\$[a-z_]+|%[a-z_]*%|%s",
    re.IGNORECASE | re.DOTALL,
)
"""TODO, <text>, [text], {text}, and names as a schema has them: street_address."""
PREAMBLE = re.compile(
    rf"""{OPENING}(?:
    (?:sure|certainly|absolutely|of\ course|okay|ok|great|gladly)\b [^\n:]{{0,80}}?
        \b(?:here|below|the\ following|this)\b [^\n:]{{0,160}} [:：]
    | (?:here(?:['’]s|\ is|\ are)|below\ (?:is|are)|the\ following\ (?:is|are)) \s
        (?:(?:an?|the|your|one|another|some|two|three)\s)?
        (?:(?:(?:requested|revised|corrected|improved|positive|hard|negative|relevant|generated|
             rewritten|possible|sample|user|search|matching|json|similar)\s)+
           (?:documents?|query|text|passage|sentences?|sample|label|input|output|json|object|pair|
              answer|example|version|response)
        | documents?|query|passage|sentences?|json) \b [^\n:]{{0,160}} [:：]
    | as\ an\ (?:ai|artificial\ intelligence|language)\ (?:language\ )?(?:model|assistant)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""What an assistant says before what it was asked for."""
PAIR = re.compile(
    r"(?:^|[,{\[]|[\"}\]]\s)\s*\"[^\"\n]{1,60}\"\s*:\s*(?:[\"\[{]|-?\d|true|false|null)"
)
REST = re.compile(r"[\"\]}]\s*[\]}]\s*$")
"""A quoted key with its value; how JSON ends whose beginning is not there."""
TERM_WORDS = 3
"""Fewer may be a term that is matched to what it means: "query string"."""


def has_form(sample: Sample) -> bool:
    """Whether a text of `sample` is, holds or begins with what is no part of a text.

    Code may have JSON, and prose may quote a whole object.
    """
    kind, fields = sample.kind, SPECS[sample.kind].fields
    named = zip(fields, sample.texts, strict=True)
    return (
        any(_is_form(text, field, kind) for field, text in named)
        or (kind is Kind.STS and _has_places(sample.texts))
        or all(map(ONE_NAME.fullmatch, sample.texts))
    )


def _is_form(text: str, field: Field, kind: Kind) -> bool:
    if _led_by_key(kind, field).match(text) or _is_json(text, kind):
        return True
    if field.label:
        return False
    is_term = kind is Kind.MATCHING_SHORT and word_count(text) < TERM_WORDS
    whole = (UNFILLED, ONLY_PLACES) if is_term else (ONE_NAME, SPOKEN_OF, UNFILLED, ONLY_PLACES)
    return any(each.fullmatch(text) for each in whole) or bool(PREAMBLE.match(text))


def _has_places(texts: Sequence[str]) -> bool:
    if any(NAMED_PLACE.match(text) or not word_count(PLACE.sub("", text)) for text in texts):
        return True
    keys = [field.key for field in SPECS[Kind.STS].fields]
    own = [key for key, text in zip(keys, texts, strict=True) if _begins(text, key, r"\b")]
    said = PLACE.findall(" ".join(texts))
    alone = [key for key in own if said.count(key) == 1]
    titled = rf"{CLOSING}\s(?:[-–—]\s)?[\"“]?[A-Z]\w*\s+[a-z]"
    return len(own) > 1 or any(_begins(text, key, titled) for key in alone for text in texts)


def _begins(text: str, key: str, then: str) -> bool:
    return re.match(OPENING + key + then, text) is not None


@cache
def _led_by_key(kind: Kind, field: Field) -> re.Pattern[str]:
    """A key of the kind before a colon or alone, or this field's in part: `document:`."""
    keys = {each.key for each in SPECS[kind].fields if "_" in each.key}
    words = field.key.split("_")
    parts = {"_".join(words[start:]) for start in range(len(words))} - {"S1", "S2", "S3"}
    if words[-1] == "document":
        parts |= {words[-2], "_".join(words[:-1])}
    named, alone = _listed(keys | parts), _listed(keys | {field.key})
    led = rf"(?:search )?(?:{named})(?: ?[\dA-C])?{CLOSING}(?::(?!:)|：)|(?:{alone}){CLOSING}$"
    return re.compile(f"{OPENING}(?:{led})", re.IGNORECASE)


def _listed(names: set[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True)).replace("_", "[ _-]") or "(?!)"


def _is_json(text: str, kind: Kind) -> bool:
    if text.startswith(("{", "[")) and (PAIR.match(text) or _is_read(text)):
        return True
    inner = (found.start() for found in PAIR.finditer(text) if found[0][0] not in "{[")
    is_open = any(text.count("{", 0, start) <= text.count("}", 0, start) for start in inner)
    is_rest = (
        REST.search(text)
        and "\\" not in text
        and sum(map(text.count, "{[")) < sum(map(text.count, "}]"))
    )
    return bool(is_open or is_rest or _key_in_text(kind).search(text)) and not is_code(text)


def _is_read(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


@cache
def _key_in_text(kind: Kind) -> re.Pattern[str]:
    """A quoted key before a colon, or one that no prose has."""
    keys = [field.key for field in SPECS[kind].fields]
    odd = "|".join(key for key in keys if "_" in key) or "(?!)"
    return re.compile(rf"[\"'](?:{'|'.join(keys)})[\"']\s*:|(?<![\w`.$])(?:{odd})(?![\w`(])")
