"""Whatever a provider writes into a file of results, what can be read is taken."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.openai_client.batch_results import outcomes_of, results_in
from pipelines.openai_client.replies import Fault, FaultKind, Reply

KEYS = ("a", "b", "c")


def line(key: str, text: str = "{}", status: int = 200) -> bytes:
    message = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    response = {"status_code": status, "body": {"choices": [message]}}
    told = {"id": "r", "custom_id": key, "response": response, "error": None}
    return json.dumps(told, ensure_ascii=False).encode()


def kinds(*lines: bytes) -> dict[str, Any]:
    """Texts and kinds of faults by key."""
    outcomes = outcomes_of([results_in(b"\n".join(lines))], KEYS)
    return {key: each.text if isinstance(each, Reply) else each.kind for key, each in outcomes}


def test_a_line_ends_at_a_line_feed_and_at_nothing_else() -> None:
    text = "one\u2028two\u2029three\u0085four"
    assert kinds(line("a", text), line("b")) == {"a": text, "b": "{}"}


@pytest.mark.parametrize(
    "damaged",
    [
        line("b")[:60],
        line("b")[:60] + b"\xff\xfe",
        b"[" * 100_000 + line("b"),
        line("b").replace(b'"response": {', b'"response": 5, "rest": {'),
        line("b").replace(b"200", b'"two hundred"'),
        line("b").replace(b'"choices"', b'"choices'),
    ],
    ids=["cut", "not UTF-8", "nested", "no response", "no status", "a quote is lost"],
)
def test_a_damaged_line_is_a_missing_one_that_was_paid_for(damaged: bytes) -> None:
    assert kinds(line("a"), damaged, line("c")) == {"a": "{}", "b": FaultKind.PASSING, "c": "{}"}
    outcomes = dict(outcomes_of([results_in(damaged)], KEYS))
    assert isinstance(outcomes["b"], Fault)
    assert outcomes["b"].is_paid


def test_lines_that_ran_into_each_other_are_both_missing() -> None:
    passing = FaultKind.PASSING
    assert kinds(line("a"), line("b") + line("c")) == {"a": "{}", "b": passing, "c": passing}


def test_a_damaged_line_without_a_name_is_one_of_the_missing() -> None:
    assert kinds(line("a"), b"\x00" * 50) == {"a": "{}", "b": FaultKind.PASSING}
    assert kinds(line("a"), line("b"), b"\x00" * 50, line("c")) == dict.fromkeys(KEYS, "{}")


def test_a_request_that_has_no_line_has_no_outcome() -> None:
    assert kinds(line("a")) == {"a": "{}"}


def test_a_line_twice_and_a_line_of_nobody_count_once_and_not_at_all() -> None:
    assert kinds(line("a"), line("a"), line("z")) == {"a": "{}"}


def test_of_two_lines_the_one_that_answers_counts() -> None:
    assert kinds(line("a"), line("a", status=500)) == {"a": "{}"}
    assert kinds(line("a", status=500), line("a")) == {"a": "{}"}


def test_a_body_that_was_encoded_once_more_is_read() -> None:
    told = json.loads(line("a", "text"))
    told["response"]["body"] = json.dumps(told["response"]["body"])
    assert kinds(json.dumps(told).encode()) == {"a": "text"}


@given(st.data())
def test_no_damage_to_some_lines_costs_another(data: st.DataObject) -> None:
    lines = [line(key, f"text of {key}") for key in KEYS]
    hurt = data.draw(st.sampled_from(range(len(KEYS))))
    start = data.draw(st.integers(0, len(lines[hurt]) - 1))
    put = data.draw(st.binary(max_size=20)).replace(b"\n", b"")
    lines[hurt] = lines[hurt][:start] + put
    found = kinds(*lines)
    assert all(found[key] == f"text of {key}" for key in KEYS if key != KEYS[hurt])
    damaged = found.get(KEYS[hurt]) in (FaultKind.PASSING, f"text of {KEYS[hurt]}")
    assert damaged or not lines[hurt].strip()
