"""What a step says of how far it is: now and then, and whenever nothing else was said."""

import asyncio
import re
import time
from pathlib import Path

import pytest

from littlegiants import heartbeat
from littlegiants.heartbeat import Heartbeat
from pipelines.step_progress import StepProgress, beating, copying, counted, reading, say

Captured = pytest.CaptureFixture[str]


def test_items_that_turn_out_to_be_done_before_count(capsys: Captured) -> None:
    progress = StepProgress("seed", 10, resumed=2)
    for resumed in (2, 5, 8):
        progress.catch_up(resumed)
    progress.add()
    progress.add()
    said = capsys.readouterr().out
    assert said.startswith("[seed] the first 2 of 10 were done before; going on\n")
    assert "10/10" in said.splitlines()[-1]


def test_before_the_first_answer_it_says_so() -> None:
    progress = StepProgress("propose", 100)
    with progress.in_flight(), progress.in_flight():
        line = progress.line()
    assert "0/100" in line and "?" in line  # no rate and no time left are known
    assert re.search(r"no answer yet, 2 in flight, 98 waiting, oldest \d s$", line)


def test_items_done_before_are_no_answer_of_this_start(capsys: Captured) -> None:
    progress = StepProgress("propose", 100, resumed=40)
    with progress.in_flight():
        assert "no answer yet, 1 in flight, 59 waiting" in progress.line()
    progress.add()
    assert "no answer yet" not in progress.line()
    # one of the 60 that were left; the 40 of before say nothing of the rate
    assert re.search(r"41/100 \[00:00<00:\d\d", progress.line())


def test_a_stall_is_told(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    progress = StepProgress("propose", 10)
    progress.add()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 43)
    with progress.in_flight():
        assert "1 in flight, 8 waiting, last answer 43 s ago" in progress.line()


def test_after_the_last_item_it_is_finishing(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    progress = StepProgress("embed", 1, unit="step")
    progress.reach(1, "loss 0.123")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 43)
    assert progress.line().endswith("finishing, 43 s")
    assert "loss 0.123" in capsys.readouterr().out


def test_a_heartbeat_tells_the_progress_within_its_block(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(heartbeat, "SILENCE_S", 0.05)
    with beating("propose"), StepProgress("propose", 7) as progress, progress.in_flight():
        time.sleep(0.3)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 2
    assert all(line.startswith("[propose] ") and "1 in flight" in line for line in lines)


def test_what_is_said_ends_the_silence(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr(heartbeat, "SILENCE_S", 0.4)
    with beating("seed"):
        for _ in range(12):
            time.sleep(0.05)
            say("seed", "here")
    assert "at work" not in capsys.readouterr().out


def test_rows_that_pass_are_counted(capsys: Captured) -> None:
    assert list(counted(iter("abc"), "curate", 3)) == ["a", "b", "c"]
    assert "3/3" in capsys.readouterr().out


def test_a_file_that_is_read_tells_its_share(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"x" * 1000)
    with path.open("rb") as stream, Heartbeat(print) as beat, reading(stream, 1000, "rows"):
        stream.read(250)
        assert re.match(r"reading rows:  25%.* 250/1.00k", beat.line())


def test_a_folder_that_grows_tells_its_size(tmp_path: Path) -> None:
    with Heartbeat(print) as beat, copying("fetching hf:a/b", tmp_path / "cache"):
        assert "fetching hf:a/b: 0.00B there" in beat.line()
        (tmp_path / "cache/blobs").mkdir(parents=True)
        (tmp_path / "cache/blobs/one.incomplete").write_bytes(b"x" * 2048)
        assert re.fullmatch(r"fetching hf:a/b: 2.00kB there, \d s", beat.line())


async def test_an_event_loop_that_is_kept_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(heartbeat, "SILENCE_S", 0.05)
    with beating("seed"):
        await asyncio.sleep(0.1)
        time.sleep(0.2)  # noqa: ASYNC251 (that is the point)
    assert capsys.readouterr().out.count("[seed] at work") >= 2
