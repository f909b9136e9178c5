"""Samples: the fields of each kind, and the schemas that hold a model to them."""

from typing import Any

import jsonschema
import pytest

from littlegiants.errors import BadInput
from littlegiants.kinds import SPECS, Kind
from littlegiants.samples import (
    Sample,
    judgement_schema,
    revision_schema,
    sample_from_fields,
    sample_schema,
    tasks_schema,
)
from littlegiants.tasks import Task, draw_prompt


def sample_of(kind: Kind) -> Sample:
    return sample_from_fields(
        kind, {field.key: f" {field.key} text " for field in SPECS[kind].fields}
    )


@pytest.mark.parametrize("kind", Kind)
def test_fields_and_sample_are_the_same_thing(kind: Kind) -> None:
    sample = sample_of(kind)
    assert sample_from_fields(kind, sample.to_fields()) == sample


@pytest.mark.parametrize("language", ["Chinese", "Simplified Chinese", "中文", "zh", "Japanese"])
def test_a_schema_lets_short_words_of_han_be(language: str) -> None:
    attributes = {"text_length": "at least 10 words"}
    label = {
        "input_text": "这家餐厅的菜又热又香服务也很好",
        "label": "好评",
        "misleading_label": "差评",
    }
    jsonschema.validate(label, sample_schema(Kind.CLASSIFICATION, attributes, language))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(label, sample_schema(Kind.CLASSIFICATION, attributes, "English"))


def test_texts_are_stripped() -> None:
    assert sample_of(Kind.STS) == Sample(Kind.STS, "S1 text", "S2 text", "S3 text")


@pytest.mark.parametrize("kind", [Kind.MATCHING_SHORT, Kind.MATCHING_LONG])
def test_matching_kinds_have_no_negative(kind: Kind) -> None:
    sample = sample_of(kind)
    assert sample.negative == ""
    assert len(sample.texts) == len(sample.to_fields()) == 2


def test_other_keys_are_ignored() -> None:
    fields = {"S1": "a", "S2": "b", "S3": "c", "note": 5}
    assert sample_from_fields(Kind.STS, fields) == Sample(Kind.STS, "a", "b", "c")


@pytest.mark.parametrize("value", [None, 5, ["b"], {"text": "b"}, True])
def test_names_the_key_that_is_not_a_string(value: Any) -> None:
    with pytest.raises(BadInput, match=r"^S2: a sts sample needs this key with a string$"):
        sample_from_fields(Kind.STS, {"S1": "a", "S2": value, "S3": "c"})


def test_names_the_key_that_is_missing() -> None:
    with pytest.raises(BadInput, match=r"^misleading_label"):
        sample_from_fields(Kind.CLASSIFICATION, {"input_text": "a", "label": "b"})


def attributes_of(kind: Kind) -> dict[str, str]:
    return dict(draw_prompt(Task(kind, "Arts", "Match."), seed=0).attributes)


@pytest.mark.parametrize("kind", Kind)
def test_a_schema_is_valid_and_closed(kind: Kind) -> None:
    schema = sample_schema(kind, attributes_of(kind))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["required"] == [field.key for field in SPECS[kind].fields]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("kind", Kind)
def test_every_string_of_a_schema_is_bounded(kind: Kind) -> None:
    for bounds in sample_schema(kind, attributes_of(kind))["properties"].values():
        assert 1 <= bounds["minLength"] < bounds["maxLength"] < 15_000


def test_a_string_has_room_for_the_most_words_asked_for() -> None:
    asked = {**attributes_of(Kind.RETRIEVAL), "query_length": "5 to 15 words"}
    longest = "fifteen " * 15
    assert sample_schema(Kind.RETRIEVAL, asked)["properties"]["user_query"]["maxLength"] > len(
        longest
    )


@pytest.mark.parametrize("kind", [Kind.RETRIEVAL, Kind.MATCHING_LONG])
@pytest.mark.parametrize("words", [15, 100, 500])
def test_a_text_without_a_most_has_room_for_three_times_the_least(kind: Kind, words: int) -> None:
    asked = {**attributes_of(kind), "document_length": f"at least {words} words"}
    bounds = sample_schema(kind, asked)["properties"]["positive_document"]
    assert bounds["maxLength"] > 3 * words * 6


@pytest.mark.parametrize("schema_of", [sample_schema, revision_schema])
def test_all_texts_at_their_caps_fit_into_the_limit_of_tokens(schema_of: Any) -> None:
    asked = {**attributes_of(Kind.RETRIEVAL), "document_length": "at least 50 words"}
    schema = schema_of(Kind.RETRIEVAL, asked, "English", 700)
    inner = schema["properties"].get("revision", schema)["properties"]
    texts = [schema["properties"]["reason"]] if "reason" in schema["properties"] else []
    longest = sum(each["maxLength"] for each in [*inner.values(), *texts])
    assert 600 * 3 < longest <= 700 * 3
    assert inner["positive_document"]["maxLength"] > 50 * 9


def test_a_longer_text_asked_for_has_wider_bounds() -> None:
    asked = {**attributes_of(Kind.RETRIEVAL), "document_length": "at least 50 words"}
    longer = asked | {"document_length": "at least 100 words"}
    short, long = (sample_schema(Kind.RETRIEVAL, each)["properties"] for each in (asked, longer))
    assert short["positive_document"]["maxLength"] < long["positive_document"]["maxLength"]
    assert short["user_query"] == long["user_query"]


@pytest.mark.parametrize(
    ("schema", "answer", "accepted"),
    [
        pytest.param(judgement_schema(2), {"reason": "r", "best": 0, "worst": 1}, True, id="judge"),
        pytest.param(
            judgement_schema(2), {"reason": "r", "best": 0, "worst": 2}, False, id="index"
        ),
        pytest.param(judgement_schema(2), {"best": 0, "worst": 1}, False, id="no-reason"),
        pytest.param(tasks_schema(1), {"tasks": ["Match a tool to its use"]}, True, id="task"),
        pytest.param(tasks_schema(1), {"tasks": []}, False, id="no-task"),
        pytest.param(tasks_schema(1), {"tasks": ["Match a tool to its use"] * 2}, False, id="two"),
        pytest.param(
            revision_schema(Kind.MATCHING_SHORT, {}),
            {"reason": "r", "revision": {"input": "hammer", "positive_document": "nail"}},
            True,
            id="revision",
        ),
        pytest.param(
            revision_schema(Kind.MATCHING_SHORT, {}),
            {"reason": "r", "revision": {"input": "hammer"}},
            False,
            id="half-a-revision",
        ),
    ],
)
def test_a_schema_takes_what_is_meant_and_no_more(
    schema: dict[str, Any], answer: dict[str, Any], accepted: bool
) -> None:
    assert jsonschema.Draft202012Validator(schema).is_valid(answer) is accepted
