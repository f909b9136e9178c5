"""Which text of a completion is the answer, and whether it is a whole one."""

from typing import Any

import pytest

from pipelines.replies import reply_of

WHOLE = '{"a": "b"}'
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm. {}"}]}


def reply(content: Any, finish: Any = "stop", **message: Any) -> tuple[str, str]:
    choice = {"message": {"content": content, **message}, "finish_reason": finish}
    found = reply_of({"choices": [choice]})
    return found.text, found.fault


@pytest.mark.parametrize(
    "content",
    [
        WHOLE,
        [THOUGHT, {"type": "text", "text": WHOLE}],
        [{"type": "reasoning", "text": "{}"}, {"type": "output_text", "text": WHOLE}],
        [{"type": "text", "text": WHOLE[:4]}, {"type": "text", "text": WHOLE[4:]}],
        [WHOLE],
        {"a": "b"},
    ],
    ids=["text", "thinking part", "reasoning part", "two parts", "bare text", "object"],
)
def test_the_text_parts_are_the_answer(content: Any) -> None:
    assert reply(content) == (WHOLE, "")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_thinking_is_never_the_answer(field: str) -> None:
    assert reply(None, **{field: WHOLE}) == ("", "empty")
    assert reply(WHOLE, **{field: '{"a": "draft"}'}) == (WHOLE, "")


@pytest.mark.parametrize(
    ("content", "more"),
    [
        ("", {"refusal": "I will not."}),
        ([{"type": "refusal", "refusal": "I will not."}], {}),
        ("", {"finish": "refusal"}),
    ],
    ids=["field", "part", "finish"],
)
def test_a_refusal_has_its_name(content: Any, more: dict[str, Any]) -> None:
    assert reply(content, **more)[1] == "refused"


@pytest.mark.parametrize(
    ("finish", "fault"),
    [
        *((word, "") for word in ("stop", "STOP", "eos", "eos_token", "end_turn", "COMPLETE")),
        *((word, "") for word in (None, "", "stop_sequence")),
        *((word, "truncated") for word in ("length", "MAX_TOKENS", "model_length", "max_tokens")),
        *((word, "truncated") for word in ("error", "insufficient_system_resource", "abort", "7")),
        *((word, "filtered") for word in ("content_filter", "SAFETY", "RECITATION", "sensitive")),
    ],
)
def test_an_unknown_reason_to_stop_has_cut_the_answer(finish: Any, fault: str) -> None:
    assert reply('{"a": "b', finish)[1] == fault


@pytest.mark.parametrize("text", [WHOLE + "\n" * 700, f"```json\n{WHOLE}\n```\n\n", WHOLE])
def test_a_whole_object_before_the_limit_is_whole(text: str) -> None:
    assert reply(text, "length") == (text, "")


@pytest.mark.parametrize("text", ["{", '{"a": "b"', '{} {"a"', "[]", "", '```json\n{"a": 1'])
def test_anything_else_at_the_limit_is_cut(text: str) -> None:
    assert reply(text, "length")[1] == "truncated"


def test_a_whole_object_that_stopped_for_an_unknown_reason_is_not_trusted() -> None:
    assert reply(WHOLE, "error")[1] == "truncated"


def test_counts_that_are_none_are_not_told() -> None:
    body = {"choices": [{"message": {"content": "{}"}}], "usage": {"prompt_tokens": "many"}}
    assert reply_of(body).prompt_tokens is None
