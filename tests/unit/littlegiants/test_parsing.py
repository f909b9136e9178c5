"""Parsing: whatever a model writes gives what was asked for, or a reason to count."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from littlegiants.errors import Unparsable
from littlegiants.kinds import Kind
from littlegiants.parsing import (
    parse_judgement,
    parse_object,
    parse_revision,
    parse_sample,
    parse_tasks,
)
from littlegiants.samples import Sample

GOOD = '{"S1": "a cat sat", "S2": "the cat sat down", "S3": "a dog ran"}'
SAMPLE = Sample(Kind.STS, "a cat sat", "the cat sat down", "a dog ran")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(GOOD, id="strict"),
        pytest.param(f"\n\t {GOOD}\r\n", id="white-space-around"),
        pytest.param(f"```json\n{GOOD}\n```", id="fence"),
        pytest.param(f"```\n{GOOD}", id="open-fence"),
        pytest.param(f"Here is the sample:\n{GOOD}", id="prose-before"),
        pytest.param(f"{GOOD}\nI hope that this helps!", id="prose-after"),
        pytest.param(f"Sure: {GOOD} Anything else?", id="prose-around"),
        pytest.param(f"Sample [1]: {GOOD.removesuffix('}')}", id="brackets-before"),
        pytest.param(f"{GOOD}</s>", id="end-token"),
        pytest.param(f"[{GOOD}]", id="list-of-one"),
        pytest.param(f"{GOOD}\n{GOOD.replace('cat', 'cow')}", id="a-second-object"),
        pytest.param(f"[{GOOD}, {GOOD.replace('cat', 'cow')}]", id="a-second-item"),
        pytest.param(GOOD.removesuffix("}"), id="no-brace"),
        pytest.param(GOOD.removesuffix('"}'), id="cut-in-the-last-string"),
        pytest.param(GOOD.replace("}", ",}"), id="trailing-comma"),
        pytest.param(GOOD.replace('"', "'"), id="single-quotes"),
        pytest.param(GOOD.replace('"S1"', "S1"), id="bare-key"),
        pytest.param(GOOD.replace('",', '"'), id="no-commas"),
        pytest.param(GOOD.replace("}", ', "note": 5}'), id="another-key"),
        pytest.param(GOOD.replace('"a cat sat"', '" a cat sat\\n"'), id="white-space-in-a-string"),
    ],
)
def test_mends_what_a_model_writes(text: str) -> None:
    assert parse_sample(Kind.STS, text) == SAMPLE


@pytest.mark.parametrize(
    ("text", "query"),
    [
        pytest.param('{"S1": "a\nb", "S2": "x", "S3": "y"}', "a\nb", id="newline-in-a-string"),
        pytest.param('{"S1": "a\tb", "S2": "x", "S3": "y"}', "a\tb", id="tab-in-a-string"),
        pytest.param('{"S1": "a\\ud83d\\ude00", "S2": "x", "S3": "y"}', "a😀", id="surrogate-pair"),
        pytest.param(
            '{"S1": "said "so" then", "S2": "x", "S3": "y"}', 'said "so" then', id="quotes"
        ),
        pytest.param(
            '{"S1": "__import__(\'os\')", "S2": "x", "S3": "y"}', "__import__('os')", id="code"
        ),
        pytest.param('{"S1": "a {b} c", "S2": "x", "S3": "y"}', "a {b} c", id="braces-in-a-string"),
    ],
)
def test_keeps_the_text_inside(text: str, query: str) -> None:
    assert parse_sample(Kind.STS, text).query == query


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "no_json", id="nothing"),
        pytest.param("I cannot help with that.", "no_json", id="refusal"),
        pytest.param("}", "no_json", id="only-a-closing-brace"),
        pytest.param("[" * 100_000, "no_json", id="deep-list"),
        pytest.param('{"a":' * 100_000, "no_json", id="deep-object"),
        pytest.param("1" * 10_000, "no_json", id="long-number"),
        pytest.param("5", "not_an_object", id="number"),
        pytest.param("null", "not_an_object", id="null"),
        pytest.param('"S1"', "not_an_object", id="string"),
        pytest.param("[]", "not_an_object", id="empty-list"),
        pytest.param('["S1", "S2", "S3"]', "not_an_object", id="list-of-strings"),
        pytest.param("{}", "missing_field", id="empty-object"),
        pytest.param('{"S1": "a", "S2": "b"}', "missing_field", id="two-of-three"),
        pytest.param('{"S1": "a", "S2": "b", "S3": null}', "missing_field", id="null-text"),
        pytest.param('{"S1": "a", "S2": "b", "S3": ["c"]}', "missing_field", id="list-text"),
        pytest.param('{"s1": "a", "s2": "b", "s3": "c"}', "missing_field", id="other-keys"),
        pytest.param('{"S1": "a", "S2": "b', "missing_field", id="cut-too-early"),
        pytest.param('{"S1": "\\ud800", "S2": "b", "S3": "c"}', "not_unicode", id="half-a-pair"),
    ],
)
def test_says_why_it_cannot_parse(text: str, reason: str) -> None:
    with pytest.raises(Unparsable) as raised:
        parse_sample(Kind.STS, text)
    assert raised.value.reason == reason


jsonish = st.lists(
    st.sampled_from(['{"S1": "', '"S2"', "S3", "[", "]", "{", "}", '"', "'", ":", ",", "\\", "\n"])
    | st.sampled_from(
        ["\\u", "d800", "```json", "NaN", "1e999", "null", "//", "a cat", "\x00", "“"]
    ),
    max_size=40,
).map("".join)


def outcome(parse: Callable[[str], object], text: str) -> object:
    try:
        return parse(text)
    except Unparsable as error:
        return error.reason


@given(text=st.text() | jsonish, kind=st.sampled_from(Kind))
def test_any_text_gives_a_sample_or_a_reason(text: str, kind: Kind) -> None:
    found = outcome(lambda t: parse_sample(kind, t), text)
    if isinstance(found, Sample):
        assert json.dumps(found.to_fields(), ensure_ascii=False).encode()
    else:
        assert found in {"no_json", "not_an_object", "not_unicode", "missing_field"}


@given(text=st.text() | jsonish)
def test_any_text_gives_the_other_answers_or_a_reason(text: str) -> None:
    for parse in (
        parse_tasks,
        lambda t: parse_judgement(t, 2),
        lambda t: parse_revision(Kind.STS, t),
    ):
        assert outcome(parse, text)


texts = st.text(st.characters(exclude_categories=["Cs"])).map(str.strip)


@given(texts, texts, texts)
def test_every_sample_written_as_json_is_read_back(
    query: str, positive: str, negative: str
) -> None:
    sample = Sample(Kind.STS, query, positive, negative)
    assert parse_sample(Kind.STS, json.dumps(sample.to_fields(), ensure_ascii=False)) == sample


@given(cut=st.integers(min_value=0, max_value=len(GOOD)))
def test_a_cut_end_never_invents_text(cut: int) -> None:
    for key, value in _fields(GOOD[:cut]).items():
        assert json.loads(GOOD).get(key, "").startswith(value)


def _fields(text: str) -> dict[str, Any]:
    try:
        fields = parse_object(text)
    except Unparsable:
        return {}
    return {key: value for key, value in fields.items() if isinstance(value, str) and value}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(f'{{"reason": " vague ", "revision": {GOOD}}}', "vague", id="object"),
        pytest.param(json.dumps({"reason": "r", "revision": GOOD}), "r", id="string"),
        pytest.param(f'{{"revision": {GOOD}}}', "", id="no-reason"),
        pytest.param(f'{{"reason": null, "revision": {GOOD}}}', "", id="null-reason"),
        pytest.param(f'{{"reason": "r", "revision": {GOOD}', "r", id="cut"),
    ],
)
def test_reads_a_revision(text: str, reason: str) -> None:
    assert parse_revision(Kind.STS, text) == (reason, SAMPLE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(GOOD, "missing_revision", id="a-bare-sample"),
        pytest.param('{"reason": "r", "revision": 5}', "missing_revision", id="number"),
        pytest.param('{"reason": "r", "revision": "none"}', "no_json", id="prose"),
        pytest.param('{"reason": "r", "revision": {"S1": "a"}}', "missing_field", id="half"),
    ],
)
def test_says_why_a_revision_is_none(text: str, reason: str) -> None:
    with pytest.raises(Unparsable) as raised:
        parse_revision(Kind.STS, text)
    assert raised.value.reason == reason


def test_reads_a_judgement() -> None:
    assert parse_judgement('{"reason": " r ", "best": 2, "worst": 0}', 3) == ("r", 2, 0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param('{"best": 1}', "missing_index", id="no-worst"),
        pytest.param('{"best": "1", "worst": 0}', "missing_index", id="string"),
        pytest.param('{"best": true, "worst": 0}', "missing_index", id="boolean"),
        pytest.param('{"best": 1.0, "worst": 0}', "missing_index", id="fraction"),
        pytest.param('{"best": 3, "worst": 0}', "index_out_of_range", id="too-large"),
        pytest.param('{"best": -1, "worst": 0}', "index_out_of_range", id="negative-best"),
        pytest.param('{"best": 0, "worst": -1}', "index_out_of_range", id="negative"),
        pytest.param('{"best": 1, "worst": 1}', "best_is_worst", id="same"),
    ],
)
def test_says_why_a_judgement_is_none(text: str, reason: str) -> None:
    with pytest.raises(Unparsable) as raised:
        parse_judgement(text, 3)
    assert raised.value.reason == reason


def test_reads_tasks_and_leaves_out_what_is_none() -> None:
    assert parse_tasks('{"tasks": [" Match. ", "", 5, null, "Sort."]}') == ["Match.", "Sort."]


@pytest.mark.parametrize("text", ["{}", '{"tasks": []}', '{"tasks": "Match."}', '{"tasks": [" "]}'])
def test_says_that_there_are_no_tasks(text: str) -> None:
    with pytest.raises(Unparsable) as raised:
        parse_tasks(text)
    assert raised.value.reason == "missing_tasks"
