"""A rehearsal comes through every stage with real engines, or says where a recipe would fail."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

PLACEMENT = "training: {devices: 2}\n"


def rehearse(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """The command, in `folder`."""
    command = [sys.executable, "-m", "pipelines", "rehearse", "--run", str(folder / "run"), *flags]
    return subprocess.run(
        command,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=1800,
    )


def passed(told: str) -> dict[str, str]:
    """The table's second column by its first."""
    table = told.partition("\nstage ")[2].partition("\n\n")[0].splitlines()[1:]
    rows = [line.split("  ") for line in table]
    return {row[0]: next(cell.strip() for cell in row[1:] if cell.strip()) for row in rows}


def test_every_stage_passes_and_trainings_in_two_processes_too(tmp_path: Path) -> None:
    (tmp_path / "placement.yaml").write_text(PLACEMENT)
    done = rehearse(tmp_path, "--placement", str(tmp_path / "placement.yaml"))
    assert done.returncode == 0, done.stdout[-5000:]
    stages = passed(done.stdout)
    assert {"preflight", "prepare", "evaluate", "report", "align in 2 processes"} <= set(stages)
    assert stages.pop("embed in 2 processes") == "left out"
    assert set(stages.values()) == {"yes"}
    assert not (tmp_path / "run").exists()


def test_a_stage_that_would_fail_fails_here(tmp_path: Path) -> None:
    done = rehearse(tmp_path, "--set", "junior.lora.target_modules=[no_such_layer]")
    assert done.returncode == 2, done.stdout[-5000:]
    stages = passed(done.stdout)
    assert (stages["seed"], stages["finetune-junior"], stages["propose"]) == (
        "yes",
        "NO",
        "not reached",
    )
    assert "no_such_layer" in done.stdout.partition("finetune-junior failed")[2]


def test_told_to_end_it_leaves_no_process_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines", "rehearse", "--run", str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        line = next(line for line in running.stdout if line.startswith("[finetune-junior] starts"))
        started = psutil.Process(running.pid).children(recursive=True)
        running.terminate()
        assert running.wait(60) == 128 + signal.SIGTERM
    assert line
    assert len(started) >= 2  # the step and the generator that will follow it
    assert not psutil.wait_procs(started, timeout=30)[1]
