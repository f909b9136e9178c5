"""Model text in, a sample out, or a named reason why not; it is parsed, never evaluated."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from littlegiants.answer_shapes import fields_of, index_of, items_of, nodes, texts_of
from littlegiants.errors import Unparsable
from littlegiants.json_in_text import Found, readings
from littlegiants.kinds import SPECS, Kind
from littlegiants.lenient_json import DOUBTFUL_QUOTES
from littlegiants.plain_text import FAULTS, fault_of_text, without_faults
from littlegiants.samples import Sample
from littlegiants.string_escapes import DOUBTFUL_ESCAPE
from littlegiants.topic_names import subtopic_name

TRUNCATED = "truncated"
SEVERAL = "several_answers"
UNREADABLE = (
    *("no_json", "not_an_object", "missing_field", "missing_revision", SEVERAL),
    *(DOUBTFUL_QUOTES, DOUBTFUL_ESCAPE, *FAULTS),
)
"""Names under which a generator's text is dropped unless it is cut."""

BULLET = re.compile(r"^(?:\d{1,3}[.):]|[-*•])\s+")

Value = TypeVar("Value")
Match = Callable[[Any], Value | None]


def is_whole(text: str) -> bool:
    """Whether `text` holds a whole JSON value, and after it nothing but blanks and closing marks.

    Blanks up to a limit of tokens do no harm; what is cut, or goes on, is not whole.
    """
    for found in readings(text, ()):
        if found.is_cut:
            return False
        if found.values:
            last = found.values[-1]
            return isinstance(last, dict | list | str) and bool(last) and not found.follows
    return False


def parse_sample(kind: Kind, text: str) -> Sample:
    """The sample that a generator wrote, wherever it stands in `text`.

    Raises Unparsable: `no_json`, `not_an_object`, `missing_field`; `truncated` when its end is
    missing; `several_answers`, `ambiguous_quotes`, `ambiguous_escape` when it can be read in more
    than one way; `control_character`, `special_token`, `not_unicode` when no data set may have it.
    """
    return _answer(text, _keys(kind), lambda value: _sample_in(value, kind), "missing_field")


def parse_revision(kind: Kind, text: str) -> tuple[str, Sample]:
    """Reason and revised sample that a revisor or a correcting teacher wrote.

    The revision may be an object or, as the paper's prompt had it, a string that holds one.
    Raises Unparsable: as for a sample, with `missing_revision` for a field.
    """
    known = ("reason", "revision", *_keys(kind))

    def match(value: Any) -> tuple[str, Sample] | None:
        for node in nodes(value, known):
            revision = (fields_of(node, ("revision",)) or {}).get("revision")
            if sample := _sample_in(revision, kind):
                return _reason(node), sample
        return None

    return _answer(text, known, match, "missing_revision")


def parse_judgement(text: str, candidate_count: int) -> tuple[str, int, int]:
    """Reason, best and worst index.

    Raises Unparsable: as for a sample, with `missing_index` for a field; `index_out_of_range`,
    `best_is_worst`.
    """
    known = ("reason", "best", "worst")
    verdicts = set[tuple[int, int]]()

    def match(value: Any) -> tuple[str, int, int] | None:
        for node in nodes(value, known):
            best, worst = map(
                index_of, (fields_of(node, known[1:]) or dict.fromkeys("bw")).values()
            )
            if best is not None and worst is not None:
                verdicts.add((best, worst))
                return _reason(node), best, worst
        return None

    reason, best, worst = _answer(text, known, match, "missing_index")
    if len(verdicts) > 1:
        raise Unparsable(SEVERAL)
    if not (0 <= best < candidate_count and 0 <= worst < candidate_count):
        raise Unparsable("index_out_of_range")
    if best == worst:
        raise Unparsable("best_is_worst")
    return reason, best, worst


def parse_tasks(text: str) -> list[str]:
    """The brainstormed tasks; empty ones and those that no data set may have are left out.

    Raises Unparsable: as for a sample, with `missing_tasks` for a field.
    """
    return _texts(text, "tasks")


def parse_subtopics(text: str) -> list[str]:
    """The names of the topics below another one, as `topic_names.subtopic_name` writes them.

    Raises Unparsable: as for a sample, with `missing_topics` for a field; `no_usable_topic`.
    """
    names = [name for name in map(subtopic_name, _texts(text, "topics")) if name]
    if not names:
        raise Unparsable("no_usable_topic")
    return names


def _answer(text: str, known: Sequence[str], match: Match[Value], missing: str) -> Value:
    """What `match` makes of the values in `text`; `missing` names that it makes nothing of them."""
    reason = "no_json"
    for found in readings(text, known):
        if found.is_cut:
            raise Unparsable(TRUNCATED)
        matches = [match(value) for value in found.values]
        if any(matches):
            return _first(matches, found)
        if len(matches) > 1 and (listed := match(found.values)):  # a list without its brackets
            return listed
        objects = (isinstance(node, dict) for each in found.values for node in nodes(each, known))
        if found.doubt or found.values:
            reason = found.doubt or (missing if any(objects) else "not_an_object")
    raise Unparsable(reason)


def _first(matches: Sequence[Value | None], found: Found) -> Value:
    """The first match: the answer if it opens the text, or if no words part it from others.

    A draft, words, another draft: nobody knows which is meant. A model that runs on after its
    answer writes answers to questions that nobody asked.
    """
    first, *others = (index for index, value in enumerate(matches) if value)
    is_other = any(matches[index] != matches[first] for index in others)
    if is_other and found.words_before(first) and found.words_between(first, others[-1]):
        raise Unparsable(SEVERAL)
    return cast(Value, matches[first])


def _texts(text: str, key: str) -> list[str]:
    found = _answer(text, (key,), lambda value: items_of(value, key), f"missing_{key}")
    kept = [BULLET.sub("", each) for each in found if not fault_of_text(each)]
    if not kept:
        raise Unparsable(f"missing_{key}")
    return kept


def _sample_in(value: Any, kind: Kind) -> Sample | None:
    keys = _keys(kind)
    for node in nodes(value, keys):
        if texts := texts_of(node, keys):
            if fault := fault_of_text("\n".join(texts)):
                raise Unparsable(fault)
            return Sample(kind, *(text.strip() for text in texts))
    return None


def _reason(node: Any) -> str:
    reason = (fields_of(node, ("reason",)) or {}).get("reason")
    return without_faults(reason).strip() if isinstance(reason, str) else ""


def _keys(kind: Kind) -> tuple[str, ...]:
    return tuple(field.key for field in SPECS[kind].fields)
