"""What takes long says where it is, whatever keeps the program."""

import re
import subprocess
import sys
import time

import pytest

from littlegiants.heartbeat import SILENCE_S, Heartbeat, doing, duration, heard

BEAT_S = 0.05
LATEST_S = 15
"""What was promised; a heartbeat of SILENCE_S has to wake up and find the interpreter."""


def wait_for(lines: list[str], count: int) -> None:
    ends = time.monotonic() + 10
    while len(lines) < count:
        assert time.monotonic() < ends
        time.sleep(BEAT_S / 5)


def test_is_never_silent_for_longer_than_was_promised() -> None:
    assert SILENCE_S < LATEST_S


def test_tells_what_is_under_way() -> None:
    lines: list[str] = []
    with Heartbeat(lines.append, BEAT_S):
        wait_for(lines, 1)
        with doing("loading"), doing(lambda: "3 of 7"):
            wait_for(lines, len(lines) + 2)
            inside = lines[-1]
        wait_for(lines, len(lines) + 2)
    assert re.fullmatch(r"at work, \d+ s", lines[0])
    assert re.fullmatch(r"loading, \d+ s; 3 of 7", inside)
    assert lines[-1].startswith("at work")


def test_a_text_that_many_are_at_is_told_once() -> None:
    beat = Heartbeat(print, BEAT_S)
    with beat, doing("waiting"), doing("waiting"):
        assert re.fullmatch(r"waiting, \d+ s", beat.line())


def test_says_nothing_while_others_speak() -> None:
    lines: list[str] = []
    with Heartbeat(lines.append, 0.4):
        for _ in range(12):
            time.sleep(0.05)
            heard()
    assert not lines


def test_of_two_the_inner_one_speaks() -> None:
    outer: list[str] = []
    inner: list[str] = []
    with Heartbeat(outer.append, BEAT_S):
        with doing("outside"), Heartbeat(inner.append, BEAT_S):
            wait_for(inner, 3)
        assert not outer
        assert "outside" not in "".join(inner)
        wait_for(outer, 1)


def test_ends_silently_when_nobody_listens() -> None:
    def broken(line: str) -> None:
        asked.append(line)
        raise BrokenPipeError

    asked: list[str] = []
    with Heartbeat(broken, BEAT_S):
        wait_for(asked, 1)
        time.sleep(3 * BEAT_S)
    assert len(asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        "time.sleep(1)",
        "asyncio.run(asyncio.sleep(1))",
        "asyncio.run(blocking())",
        "hashlib.pbkdf2_hmac('sha256', b'', b'', 2_000_000)",
        "sum(number * number for number in range(12_000_000))",
    ],
    ids=["synchronous", "asynchronous", "an event loop that is kept", "a library", "our own loop"],
)
def test_speaks_whatever_keeps_the_program(body: str) -> None:
    program = f"""
import asyncio, hashlib, time
from littlegiants.heartbeat import Heartbeat
async def blocking(): time.sleep(1)
with Heartbeat(lambda line: print(line, flush=True), 0.1):
    {body}
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert done.stdout.count(b"at work") >= 3


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (119, "119 s"), (120, "2 min"), (9000, "2.5 h")]
)
def test_durations_have_a_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text
