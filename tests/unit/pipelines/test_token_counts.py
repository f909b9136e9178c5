"""What was charged is read out of a reply's usage, whatever the endpoint calls it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.token_counts import TokenCounts, token_counts

PLAIN = {"prompt_tokens": 200, "completion_tokens": 100, "total_tokens": 300}
THOUGHT = {"completion_tokens_details": {"reasoning_tokens": 1000}}


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (PLAIN, TokenCounts(200, 100)),
        ({"prompt_tokens": 200, "completion_tokens": 100}, TokenCounts(200, 100)),
        ({"input_tokens": 200, "output_tokens": 100}, TokenCounts(200, 100)),
        ({"prompt_tokens": "200", "completion_tokens": 100.0}, TokenCounts(200, 100)),
        ({**PLAIN, "total_tokens": 1300, **THOUGHT}, TokenCounts(200, 1100, 1000)),
        ({**PLAIN, "total_tokens": 1300}, TokenCounts(200, 1100, 1000)),
        ({**PLAIN, "completion_tokens": 1100, **THOUGHT}, TokenCounts(200, 1100, 1000)),
        ({**PLAIN, "total_tokens": 0}, TokenCounts(200, 100)),
        ({**PLAIN, "total_tokens": "many"}, TokenCounts(200, 100)),
        ({"total_tokens": 300}, TokenCounts(0, 300)),
        ({"completion_tokens": 100, "total_tokens": 300}, TokenCounts(200, 100)),
        ({"prompt_tokens": 200, "total_tokens": 300}, TokenCounts(200, 100)),
        ({"prompt_tokens": 200, "completion_tokens": 0, "total_tokens": 200}, TokenCounts(200, 0)),
    ],
)
def test_everything_that_is_charged_counts(usage: Any, counts: TokenCounts) -> None:
    assert token_counts(usage) == counts


@pytest.mark.parametrize(
    "usage",
    [
        *(None, 5, [], {}, "300", {"total_tokens": None}, {"prompt_tokens": -1}),
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": float("nan"), "completion_tokens": float("inf")},
        {"prompt_tokens": True, "completion_tokens": {"count": 3}},
    ],
)
def test_what_is_no_count_tells_nothing(usage: Any) -> None:
    assert token_counts(usage) == TokenCounts()


COUNTS = st.none() | st.integers() | st.floats() | st.text() | st.booleans() | st.lists(st.none())


@given(st.dictionaries(st.sampled_from([*PLAIN, "input_tokens", *THOUGHT]), COUNTS) | COUNTS)
def test_whatever_it_says_is_survived(usage: Any) -> None:
    counts = token_counts(usage)
    assert (counts.prompt or 0) >= 0 and (counts.completion or 0) >= counts.thinking >= 0
