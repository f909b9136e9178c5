"""Whatever a model writes is parsed at once, or dropped under one of a few names."""

import gc
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from littlegiants.errors import Unparsable
from littlegiants.kinds import Kind
from littlegiants.parsing import (
    is_whole,
    parse_judgement,
    parse_revision,
    parse_sample,
    parse_tasks,
)

REASONS = {
    "",
    "no_json",
    "not_an_object",
    "not_unicode",
    "missing_field",
    "missing_revision",
    "missing_index",
    "index_out_of_range",
    "best_is_worst",
    "missing_tasks",
    "truncated",
    "several_answers",
    "ambiguous_quotes",
    "ambiguous_escape",
    "control_character",
    "special_token",
}
LIMIT_S = 0.080
"""Some 5 µs a character: what grows with the square of the length takes seconds."""
LONGEST = 16_384
PARSERS: tuple[Callable[[str], Any], ...] = (
    is_whole,
    lambda text: parse_sample(Kind.RETRIEVAL, text),
    lambda text: parse_revision(Kind.STS, text),
    lambda text: parse_judgement(text, 5),
    parse_tasks,
)
GOOD = (
    '{"user_query": "q", "positive_document": "p", "hard_negative_document": "n"}',
    '{"reason": "r", "revision": {"S1": "a", "S2": "b", "S3": "c"}}',
    '{"reason": "r", "best": 0, "worst": 4}',
    '{"tasks": ["Find a fish.", "Find a boat."]}',
)
PIECES = (
    *"{}[]\":,\\/'`#*\n\t\r 0-+eE.",
    "\\u",
    "\\ud800",
    "```json\n",
    "//",
    "/*",
    "*/",
    "null",
    "true",
    "NaN",
)
PIECES += (
    "Infinity",
    '{"a":',
    '[{"',
    '"""',
    "\u2028",
    "\x00",
    "\U0001f600",
    "</s>",
    "<think>",
    "1e999",
    "“",
)


@st.composite
def hostile(draw: st.DrawFn) -> str:
    """A good answer cut, spoilt, repeated or nested; or no answer at all."""
    pieces = st.one_of(st.sampled_from(PIECES), st.sampled_from(GOOD), st.text(max_size=12))
    form = draw(st.sampled_from(["spoilt", "soup", "repeated", "nested", "cut"]))
    good = draw(st.sampled_from(GOOD))
    at = draw(st.integers(0, len(good)))
    piece = draw(pieces)
    if form == "spoilt":
        return good[:at] + piece + good[at + draw(st.integers(0, 3)) :]
    if form == "soup":
        return "".join(draw(st.lists(pieces, max_size=30)))
    if form == "cut":
        return draw(pieces) + good[:at]
    count = draw(st.integers(1, 4_096))
    middle = good if form == "nested" else ""
    return (good[:at] + piece * count + middle + draw(pieces))[:LONGEST]


def check(text: str) -> None:
    """No parser raises anything but Unparsable with a known reason, or takes long."""
    for parse in PARSERS:
        taken, reason = tried(parse, text)
        assert reason in REASONS
        if taken > LIMIT_S:  # the machine may have been busy: what is slow is slow again
            taken = min(tried(parse, text)[0] for _ in range(9))
        assert taken <= LIMIT_S, f"{taken:.3f} s for {len(text)} characters: {text[:80]!r}"


def tried(parse: Callable[[str], Any], text: str) -> tuple[float, str]:
    """Seconds that it takes, and why it gives nothing; empty when it gives something."""
    gc.disable()  # what hypothesis leaves behind is not collected in the parser's time
    started, reason = time.thread_time(), ""
    try:
        parse(text)
    except Unparsable as error:
        reason = error.reason
    taken = time.thread_time() - started
    gc.enable()
    return taken, reason


PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
"""Shrinking and explaining trace each line: what is measured then is not the parser's time."""
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@given(hostile())
@settings(max_examples=300, deadline=None, phases=PHASES, suppress_health_check=CHECKS)
def test_three_hundred_hostile_outputs_are_parsed_or_dropped_by_name(text: str) -> None:
    check(text)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@given(hostile())
@settings(max_examples=30_000, deadline=None, phases=PHASES, suppress_health_check=CHECKS)
def test_thirty_thousand_hostile_outputs_are_parsed_or_dropped_by_name(text: str) -> None:
    check(text)


@pytest.mark.parametrize("piece", PIECES, ids=repr)
@pytest.mark.parametrize("opening", ["", "{", '{"tasks": ["', '{"reason": "'])
def test_a_model_that_repeats_itself_to_the_end_costs_no_time(opening: str, piece: str) -> None:
    check((opening + piece * LONGEST)[:LONGEST])
