"""A wait before a question is asked again is told when it is long, once for many."""

import pytest

from pipelines.chat_api.retries import Retries
from pipelines.openai_client.replies import Fault, FaultKind, Reply


async def test_a_wait_of_more_than_half_a_minute_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)
    fault = Fault(FaultKind.PASSING, "status 503: overloaded")
    outcomes = iter([fault] * 40 + [Reply("{}", "")])

    async def send() -> Reply | Fault:
        return next(outcomes)

    assert await Retries(50, 3600, "seed")(send) == Reply("{}", "")
    told = capsys.readouterr().out.splitlines()
    assert max(slept) > 30
    assert len(told) == 1
    assert told[0].endswith("status 503: overloaded")


async def test_an_endpoint_that_is_busy_is_asked_again_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)
    outcomes = iter([Fault(FaultKind.BUSY, "status 429: slow down")] * 40 + [Reply("{}", "")])

    async def send() -> Reply | Fault:
        return next(outcomes)

    assert await Retries(2, 3600, "seed")(send) == Reply("{}", "")
    assert len(slept) == 40
    assert max(slept) <= 10
