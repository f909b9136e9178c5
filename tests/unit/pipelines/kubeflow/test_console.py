"""The terminal shows what steps say; the log holds everything."""

import io
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.kubeflow.console import Console


@pytest.mark.parametrize(
    ("line", "is_shown"),
    [
        ("[seed] 5/10", True),
        ("[finetune-junior] loss 1.2", True),
        ("error: teacher: no key", True),
        ("[KFP Executor 2026-11-22 19:51:52,040 INFO]: Looking", False),
        ("19:51:51.920 - INFO - Executing task", False),
        ('    "inputs": {', False),
    ],
)
def test_only_the_steps_own_lines_are_shown(line: str, is_shown: bool, tmp_path: Path) -> None:
    terminal = io.StringIO()
    with closing(Console(terminal, tmp_path / "log")) as console:
        console.write(f"{line}\n")
    assert terminal.getvalue() == (f"{line}\n" if is_shown else "")
    assert (tmp_path / "log").read_text() == f"{line}\n"


def test_a_line_may_come_in_pieces(tmp_path: Path) -> None:
    terminal = io.StringIO()
    with closing(Console(terminal, tmp_path / "log")) as console:
        for piece in ("[se", "ed] 1\n[se", "ed] 2"):
            console.write(piece)
    assert terminal.getvalue() == "[seed] 1\n"


def test_the_tail_shows_what_led_to_a_failure(tmp_path: Path) -> None:
    terminal = io.StringIO()
    with closing(Console(terminal, tmp_path / "log")) as console:
        console.write("Traceback\nboom\n")
        console.show_tail()
    assert terminal.getvalue().endswith("Traceback\nboom\n")


def test_a_run_goes_on_into_its_log_when_nobody_reads_the_terminal(tmp_path: Path) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    console = Console(Closed(), tmp_path / "log")
    console.write("[seed] one\n[seed] two\n")
    console.close()
    assert (tmp_path / "log").read_text() == "[seed] one\n[seed] two\n"
