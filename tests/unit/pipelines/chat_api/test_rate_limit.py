"""A teacher is asked as fast as it bears, and never above its limits."""

import asyncio
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from littlegiants.errors import Unavailable
from pipelines.chat_api.rate_limit import Pace
from pipelines.openai_client.replies import Fault, FaultKind, Reply

FINE = Reply("{}", "")
BUSY = Fault(FaultKind.BUSY, "status 429")


def test_a_fault_halves_the_width_and_replies_widen_it_again_one_a_round() -> None:
    pace = Pace(16)
    pace.note(BUSY, time.monotonic())
    assert pace.limit == 8
    for _ in range(9):
        pace.note(FINE, time.monotonic())
    assert pace.limit == pytest.approx(9, abs=0.2)


def test_requests_sent_before_a_cut_do_not_cut_again() -> None:
    pace, sent_at = Pace(16), time.monotonic()
    for _ in range(5):
        pace.note(BUSY, sent_at)
    assert pace.limit == 8


def test_a_question_that_is_refused_does_not_slow_the_others() -> None:
    pace = Pace(16)
    pace.note(Fault(FaultKind.REFUSED, "too long"), time.monotonic())
    assert pace.limit == 16


@given(st.lists(st.booleans(), max_size=200))
@settings(deadline=None)
def test_the_width_stays_between_one_and_the_recipes(outcomes: list[bool]) -> None:
    pace = Pace(8)
    for is_fine in outcomes:
        pace.note(FINE if is_fine else BUSY, time.monotonic())
        assert 1 <= pace.limit <= 8


@pytest.mark.parametrize(
    ("limits", "size", "most"),
    [({"rpm": 20}, 1, 20), ({"tpm": 2000}, 150, 2000)],
    ids=["requests", "tokens"],
)
async def test_no_window_holds_more_than_the_limit(
    limits: dict[str, Any], size: int, most: int
) -> None:
    window_s, sent = 0.5, []
    pace = Pace(8, window_s=window_s, **limits)

    async def one() -> None:
        async with pace.turn(size) as sent_at:
            sent.append(sent_at)

    await asyncio.gather(*(one() for _ in range(40)))
    weight = size if "tpm" in limits else 1
    for start in sent:
        inside = [each for each in sent if start <= each < start + window_s * 0.98]
        assert weight * len(inside) <= most


async def test_retry_after_stops_everyone() -> None:
    pace = Pace(8)
    pace.note(Fault(FaultKind.BUSY, "status 429", retry_after_s=0.3), time.monotonic())
    noted = time.monotonic()
    async with pace.turn(1) as sent_at:
        assert sent_at - noted >= 0.29


async def test_being_told_to_wait_too_long_ends_it_for_those_who_wait_already_as_well() -> None:
    pace = Pace(8, longest_s=60)
    pace.note(Fault(FaultKind.BUSY, "status 429", retry_after_s=50), time.monotonic())

    async def one() -> None:
        async with pace.turn(1):
            pytest.fail("it was sent")

    waiting = [asyncio.create_task(one()) for _ in range(12)]
    await asyncio.sleep(0.01)
    day = Fault(FaultKind.BUSY, "status 429: try again in 7h12m", retry_after_s=25_920)
    pace.note(day, time.monotonic())
    async with asyncio.timeout(1):
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    assert re.search(r"wait 7\.2 h.*7h12m", str(outcomes[0]))


def test_a_long_wait_is_told_once_however_many_were_told_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pace = Pace(8, name="seed")
    for _ in range(3):
        pace.note(Fault(FaultKind.BUSY, "slow down", retry_after_s=240), time.monotonic())
    assert capsys.readouterr().out == "[seed] waits 4 min, as told: slow down\n"


async def test_a_turn_that_is_cancelled_gives_its_place_back() -> None:
    pace = Pace(1)

    async def hold() -> None:
        async with pace.turn(1):
            await asyncio.sleep(60)

    holder = asyncio.create_task(hold())
    await asyncio.sleep(0.01)
    holder.cancel()
    async with asyncio.timeout(1), pace.turn(1):
        pass
