"""An item that fails alone is given up; when everything fails it is the service."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from littlegiants.errors import BadInput, Unavailable
from pipelines.run.retries import MOST_REFUSED, Attempts, is_final, is_lost


def failed(reason: str) -> dict[str, Any]:
    """What stands for an item that is given up."""
    return {"reason": reason}


def ask_all(items: list[str], *, most: int = 3) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Values of all items and how often each was asked."""
    asked: Counter[str] = Counter()

    async def ask(client: object, item: str) -> dict[str, Any]:
        asked[item] += 1
        if item.startswith("lost") or (item == "late" and asked[item] < 3):
            await asyncio.sleep(0.01)
            raise Unavailable("gone")
        if item.startswith("refused"):
            raise BadInput("too long")
        return {"said": item}

    async def gather() -> list[dict[str, Any]]:
        attempts = Attempts(ask, failed, most=most, longest_wait_s=0.01)
        return list(await asyncio.gather(*(attempts(None, item) for item in items)))

    return asyncio.run(gather()), asked


def test_an_item_is_asked_again_until_there_is_an_answer() -> None:
    values, asked = ask_all(["late"])
    assert values == [{"said": "late"}]
    assert asked["late"] == 3


def test_an_item_that_fails_where_others_do_not_is_lost_with_its_reason_and_not_for_good() -> None:
    values, asked = ask_all(["lost", "well"])
    assert values[0]["reason"] == "unavailable"
    assert values[1] == {"said": "well"}
    assert asked["lost"] == 3
    assert (is_lost(values[0]), is_final(values[0])) == (True, False)


def test_when_nothing_is_answered_the_service_is_gone() -> None:
    with pytest.raises(Unavailable):
        ask_all(["lost 1", "lost 2"])


def test_a_refused_item_is_named_and_asked_again_next_time() -> None:
    values, asked = ask_all(["refused", "well"])
    assert values[0]["reason"] == "bad_input"
    assert (is_lost(values[0]), is_final(values[0])) == (False, False)
    assert asked["refused"] == 1


def test_when_everything_is_refused_the_caller_is_told() -> None:
    with pytest.raises(BadInput, match="too long"):
        ask_all([f"refused {number}" for number in range(MOST_REFUSED)])
