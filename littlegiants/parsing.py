"""Model text in, a sample out, or a named reason why not; it is parsed, never evaluated."""

import json
from contextlib import suppress
from typing import Any

import json_repair
from pydantic_core import from_json

from littlegiants.errors import BadInput, Unparsable
from littlegiants.kinds import Kind
from littlegiants.samples import Sample, sample_from_fields
from littlegiants.topic_names import subtopic_name

MOST_CHARACTERS = 1_500
MARKS, MOST_MARKS = "{}[]:,\"'“”", 120
"""json-repair takes seconds for a hostile text: what is larger is only mended at a cut end."""


def parse_object(text: str) -> dict[str, Any]:
    """The first JSON object in `text`: strict, else repaired (fences, prose, newlines, a cut end).

    Raises Unparsable: `no_json`, `not_an_object` or `not_unicode`.
    """
    try:
        value = json.loads(text, strict=False)
    except ValueError:
        value = _repaired(text)
    except RecursionError as error:
        raise Unparsable("no_json") from error
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, dict)), value)
    if not isinstance(value, dict):
        raise Unparsable("not_an_object")
    _check_unicode(value)
    return value


def _check_unicode(value: dict[str, Any]) -> None:
    """An escape such as \\ud800 is valid JSON and yet no text: it cannot be written as UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Unparsable("not_unicode") from error
    except RecursionError as error:
        raise Unparsable("no_json") from error


def _repaired(text: str) -> Any:
    start = text.find("{")
    if start < 0:
        raise Unparsable("no_json")
    with suppress(ValueError, RecursionError):
        return json.JSONDecoder(strict=False).raw_decode(text, start)[0]
    if len(text) - start > MOST_CHARACTERS or sum(map(text.count, MARKS)) > MOST_MARKS:
        return _cut_end(text[start:])
    try:
        return json_repair.loads(text[start:], skip_json_loads=True)
    except (ValueError, RecursionError) as error:
        raise Unparsable("no_json") from error


def _cut_end(text: str) -> Any:
    """An object whose end is missing, which needs no search for what was meant."""
    try:
        return from_json(text, allow_partial="trailing-strings")
    except ValueError as error:
        raise Unparsable("no_json") from error


def parse_sample(kind: Kind, text: str) -> Sample:
    """The sample that a generator wrote.

    Raises Unparsable: as `parse_object`, or `missing_field`.
    """
    return _sample(kind, parse_object(text))


def parse_revision(kind: Kind, text: str) -> tuple[str, Sample]:
    """Reason and revised sample that a revisor or a correcting teacher wrote.

    The revision may be an object or, as the paper's prompt had it, a string that holds one.
    Raises Unparsable: as for a sample, or `missing_revision`.
    """
    fields = parse_object(text)
    revision = fields.get("revision")
    if isinstance(revision, str):
        revision = parse_object(revision)
    if not isinstance(revision, dict):
        raise Unparsable("missing_revision")
    return _reason(fields), _sample(kind, revision)


def parse_judgement(text: str, candidate_count: int) -> tuple[str, int, int]:
    """Reason, best and worst index.

    Raises Unparsable: `missing_index`, `index_out_of_range` or `best_is_worst`.
    """
    fields = parse_object(text)
    best, worst = fields.get("best"), fields.get("worst")
    if type(best) is not int or type(worst) is not int:
        raise Unparsable("missing_index")
    if not (0 <= best < candidate_count and 0 <= worst < candidate_count):
        raise Unparsable("index_out_of_range")
    if best == worst:
        raise Unparsable("best_is_worst")
    return _reason(fields), best, worst


def parse_tasks(text: str) -> list[str]:
    """The brainstormed tasks, empty ones left out.

    Raises Unparsable: `missing_tasks` when there is no list of strings.
    """
    return _texts(text, "tasks")


def parse_subtopics(text: str) -> list[str]:
    """The names of the topics below another one, as `topics.subtopic_name` writes them.

    Raises Unparsable: `missing_topics` when there is no list of strings, `no_usable_topic`.
    """
    names = [name for name in map(subtopic_name, _texts(text, "topics")) if name]
    if not names:
        raise Unparsable("no_usable_topic")
    return names


def _texts(text: str, key: str) -> list[str]:
    found = parse_object(text).get(key)
    texts = found if isinstance(found, list) else []
    kept = [each.strip() for each in texts if isinstance(each, str) and each.strip()]
    if not kept:
        raise Unparsable(f"missing_{key}")
    return kept


def _reason(fields: dict[str, Any]) -> str:
    reason = fields.get("reason")
    return reason.strip() if isinstance(reason, str) else ""


def _sample(kind: Kind, fields: dict[str, Any]) -> Sample:
    try:
        return sample_from_fields(kind, fields)
    except BadInput as error:
        raise Unparsable("missing_field") from error
