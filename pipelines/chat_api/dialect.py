"""The dialect of an endpoint: which parts of a request it takes, narrowed by what it refuses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipelines.openai_client.replies import Fault, FaultKind

FORMS = ("json_schema", "json_object_with_schema", "json_object", "text")
"""How an answer's form is asked for, strictest first; `text` leaves it to the repair ladder.
The second is llama.cpp's way, and Together's: a `schema` beside the type `json_object`."""
LIMITS = ("max_completion_tokens", "max_tokens")
"""Words for the longest answer; the second is the older one."""
NEEDED = ("model", "messages")
"""Parts of a request without which there is no question."""
FORMAT = "response_format"
LENGTHS, COUNTS = ("minLength", "maxLength"), ("minItems", "maxItems")
KEYWORDS = ("additionalProperties", "strict", "enum", *LENGTHS, *COUNTS)
"""Parts of a schema that an endpoint may refuse; its answers are checked all the same."""
PROMPT_WORDS = ("messages", "content", "prompt", "input")
"""A refusal under such a name is of what was asked, whatever words it quotes."""
FORM_WORDS = re.compile(
    r"response.?format|json.?(schema|object|mode)|structured|guided|schema|grammar", re.IGNORECASE
)
UNKNOWN = re.compile(
    r"support|unrecogni[sz]ed|unknown|unexpected|extra|forbidden|not (allowed|permitted|available)"
    r"|unavailable|cannot find|deprecated|no longer|instead|unimplemented|not implemented|only"
    r"|compil|parsing|invalid|validation.?error",
    re.IGNORECASE,
)
"""Words for a part of a request that an endpoint does not know, or whose value it has fixed."""
TOO_LARGE = re.compile(
    r"too (large|long|high|big|many)|exceed|at most|maximum|context (length|size|window)|range"
    r"|less than|<=|reduce",
    re.IGNORECASE,
)
"""Words for a value that is beyond what the endpoint takes."""
NAME = re.compile(r"(?!None$|\w*_error$)\S+")
"""What may be the name of a part; Cerebras puts `validation_error` in its place."""
PROMPT = re.compile(r"context|prompt|inputs|input.?(token|length)|messages", re.IGNORECASE)
"""Words for a limit that depends on how long the question is."""
EITHER = re.compile(r"\bboth\b|only one\b|together|mutually exclusive", re.IGNORECASE)
"""Words for two parts that do not go with each other."""
TEMPERATURE = "temperature"
WARMEST_OF_ALL = 1.0
"""Every endpoint that takes temperatures takes this one."""
OWN_WORDS = (TEMPERATURE, "seed")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an endpoint has to be asked for in another way, or not at all."""

    form: str = FORMS[0]
    left_out: tuple[str, ...] = ()
    """Parts of the request that it does not take; of a temperature, which one: `temperature=0`."""
    thinking_tokens: int = 0
    """How many the limit has beside those of the answer."""

    @property
    def limit(self) -> str:
        """Its word for the longest answer; empty when it takes none of ours."""
        return next((word for word in LIMITS if word not in self.left_out), "")

    def without(self, *names: str) -> "Dialect":
        """The same without these parts."""
        return replace(self, left_out=tuple(sorted({*self.left_out, *names})))

    def joined(self, other: "Dialect") -> "Dialect":
        """What an endpoint takes of which both were learnt."""
        if self == other:
            return self
        form = max(self.form, other.form, key=FORMS.index)
        room = max(self.thinking_tokens, other.thinking_tokens)
        return replace(self, form=form, thinking_tokens=room).without(*other.left_out)

    def takes(self, name: str, value: Any) -> bool:
        """Whether a part of a request is sent."""
        return name not in self.left_out and part_of(name, value) not in self.left_out

    def narrowed(self, fault: Fault, request: Mapping[str, Any]) -> "Dialect":
        """What is left after `fault`; the same dialect when it names nothing that was sent."""
        if not is_refusal(fault):
            return self
        narrower = self.without(*refused_parts(fault, request))
        if narrower == self and self.form != FORMS[-1] and is_of_the_form(fault):
            return replace(self, form=FORMS[FORMS.index(self.form) + 1])
        return narrower


def part_of(name: str, value: Any) -> str:
    """A part of a request as it is left out: some endpoints take one temperature and no other."""
    is_number = name == TEMPERATURE and isinstance(value, int | float)
    return f"{name}={value:g}" if is_number else name


def is_refusal(fault: Fault) -> bool:
    """Whether `fault` may be of how it was asked: some servers say so under other statuses."""
    if any(end in PROMPT_WORDS for name in fault.names for end in _ends(name)):
        return False
    is_told = bool(fault.names) or bool(UNKNOWN.search(fault.message))
    return fault.kind is FaultKind.REFUSED or (fault.status in (403, 404, 500, 501) and is_told)


def is_of_the_form(fault: Fault) -> bool:
    """Whether it is the answer's form that is refused."""
    return any(map(FORM_WORDS.search, (*fault.names, fault.message)))


def too_large(fault: Fault) -> str:
    """The setting whose value is too large for any question, as `fault` says; empty for none."""
    if fault.kind is not FaultKind.REFUSED or not TOO_LARGE.search(fault.message):
        return ""
    if PROMPT.search(fault.message):
        return ""
    known = {_plain(word): word for word in (*LIMITS, TEMPERATURE)}
    named = [known[each] for each in _named(fault, known)]
    return ("max_tokens" if named[0] in LIMITS else TEMPERATURE) if named else ""


def refused_parts(fault: Fault, request: Mapping[str, Any]) -> Iterator[str]:
    """The parts of `request` that `fault` names, as they are left out."""
    sent = {_plain(name): name for name in request if name not in (*NEEDED, FORMAT)}
    is_large = bool(TOO_LARGE.search(fault.message))  # what it knows, and will not grant
    named = [sent[name] for name in _named(fault, sent)]
    found = [name for name in named if not (is_large and _is_ours(name, request[name]))]
    for name in found[1:] if len(found) > 1 and EITHER.search(fault.message) else found:
        yield part_of(name, request[name])
    keywords = {_plain(name): name for name in keywords_of(request.get(FORMAT))}
    for keyword in _named(fault, keywords):
        yield keywords[keyword]


def _is_ours(name: str, value: Any) -> bool:
    """Whether a value that is too large is the recipe's to mend; a judge's temperature is not."""
    is_number = name == TEMPERATURE and isinstance(value, int | float)
    return name in LIMITS or (is_number and value > WARMEST_OF_ALL)


def _named(fault: Fault, known: Mapping[str, str]) -> list[str]:
    """Which of `known` it is about: what is named as such, else the words of the message."""
    paths = [name for name in fault.names if NAME.fullmatch(name)]
    named = [_plain(part) for path in paths for part in re.findall(r"\w+", path)]
    told = [name for name in known if name in named]
    if told or not all(map(FORM_WORDS.search, paths)):
        return told
    return [name for name in known if _is_told(known[name], fault.message)]


def _is_told(name: str, message: str) -> bool:
    """Whether a message has it: a plain word, which any message may have, must be quoted."""
    if "_" not in name and name not in (*OWN_WORDS, *KEYWORDS):
        return bool(re.search(rf"[`'\"\[]{re.escape(name)}[`'\"\]]", message))
    return _plain(name) in map(_plain, re.findall(r"[\w-]+", message))


def keywords_of(value: Any) -> set[str]:
    """Parts of a schema that may be left out and are there."""
    if isinstance(value, list):
        return set().union(*map(keywords_of, value))
    if not isinstance(value, Mapping):
        return set()
    own = {name for name in KEYWORDS if name in value}
    return own.union(*map(keywords_of, value.values()))


def _ends(path: str) -> tuple[str, ...]:
    """The first and the last name of a path into the request."""
    parts = re.findall(r"[A-Za-z_]\w*", path)
    return (parts[0], parts[-1]) if parts else ()


def _plain(word: str) -> str:
    """A name in any spelling: top_p, top-p, topP."""
    return re.sub(r"[_-]", "", word).lower()
