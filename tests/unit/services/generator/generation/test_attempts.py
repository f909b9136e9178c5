"""A completion is a sample, or the name of a reason."""

import pytest

from littlegiants.kinds import Kind
from services.generator.engine.protocol import Completion
from services.generator.generation.attempts import read
from services.generator.generation.requests import asks_of_generate
from tests.unit.services.generator.generation.test_requests import SETTINGS, request_of

GOOD = '{"input": "claw hammer", "positive_document": "tool that pulls nails"}'


@pytest.mark.parametrize(
    ("text", "finish_reason", "reasons"),
    [
        pytest.param(GOOD, "stop", (), id="whole"),
        pytest.param(GOOD, "length", (), id="whole-at-the-limit"),
        pytest.param(GOOD + " \n" * 99, "length", (), id="blanks-to-the-limit"),
        pytest.param(GOOD + " And", "length", ("truncated",), id="words-to-the-limit"),
        pytest.param(GOOD[:-1], "length", ("truncated",), id="cut"),
        pytest.param(GOOD[:-1], "unspecified", ("truncated",), id="cut-for-some-reason"),
        pytest.param(GOOD[:-1], "stop", ("truncated",), id="cut-whatever-is-said"),
        pytest.param(f"<think>{GOOD}", "stop", ("truncated",), id="thinking"),
        pytest.param(GOOD.replace("nails", "nails</s>"), "stop", ("special_token",), id="token"),
    ],
)
def test_what_is_cut_is_no_sample(text: str, finish_reason: str, reasons: tuple[str, ...]) -> None:
    (ask,) = asks_of_generate(request_of(Kind.MATCHING_SHORT), SETTINGS)
    reading = read(ask, Completion(text, finish_reason, 1, 1))
    assert reading[1] == reasons
    assert (reading[0] is None) is bool(reasons)
