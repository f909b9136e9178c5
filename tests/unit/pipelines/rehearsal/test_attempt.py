"""A stage that fails, hangs, or leans on something that died ends with its reason told."""

import sys
from pathlib import Path

import pytest

from pipelines.rehearsal.attempt import Attempt, Outcome


def attempted(folder: Path, program: str, *, limit_s: float = 60, trouble: str = "") -> Outcome:
    attempt = Attempt(["-c", program], {"MARK": "seen"}, folder / "logs/stage.log", limit_s)
    return attempt.run(lambda: trouble)


def test_a_stage_that_ends_well_has_passed(tmp_path: Path) -> None:
    outcome = attempted(tmp_path, "import os; assert os.environ['MARK'] == 'seen'")
    assert outcome.passed
    assert outcome.message == ""


def test_what_the_step_says_is_shown_and_other_lines_are_kept_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attempted(tmp_path, "print('[seed] starts'); print('a library warns')")
    assert capsys.readouterr().out == "[seed] starts\n"
    assert "a library warns" in (tmp_path / "logs/stage.log").read_text()


def test_the_steps_own_error_is_the_reason(tmp_path: Path) -> None:
    outcome = attempted(tmp_path, "import sys; print('x'); sys.exit('error: rows: none is left')")
    assert not outcome.passed
    assert outcome.message == "rows: none is left"


def test_without_one_the_last_lines_are(tmp_path: Path) -> None:
    outcome = attempted(tmp_path, "raise KeyError('lost')")
    assert "KeyError: 'lost'" in outcome.message


def test_a_stage_that_hangs_ends_at_its_limit(tmp_path: Path) -> None:
    program = "import time; print('waits', flush=True); time.sleep(60)"
    outcome = attempted(tmp_path, program, limit_s=1.5)
    assert not outcome.passed
    assert outcome.message.startswith("not done within 2 s")
    assert "waits" in outcome.message
    assert outcome.seconds < 20


def test_its_children_end_with_it_however_deaf(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(3);"
    child = f"{deaf} open({str(tmp_path / 'lived')!r}, 'w')"
    program = (
        f"import subprocess, time; subprocess.Popen([{sys.executable!r}, '-c', {child!r}]);"
        "time.sleep(60)"
    )
    attempted(tmp_path, program, limit_s=1)
    attempted(tmp_path, "import time; time.sleep(3)")
    assert not (tmp_path / "lived").exists()


def test_trouble_elsewhere_ends_it_at_once(tmp_path: Path) -> None:
    outcome = attempted(tmp_path, "import time; time.sleep(60)", trouble="the generator ended")
    assert (outcome.passed, outcome.message) == (False, "the generator ended")
