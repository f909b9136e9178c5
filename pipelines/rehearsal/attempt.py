"""An attempt at one stage as a process of its own: watched, limited in time, its end told."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from littlegiants.heartbeat import heard
from pipelines.rehearsal.followers import end_group

LOOK_S = 0.2
LAST_LINES = 12
REASON = "error: "
"""Begins the line in which a step says why it ended."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a stage ended: `message` says why it failed."""

    passed: bool
    seconds: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is started, and where it writes."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    limit_s: float

    def run(self, trouble: Callable[[], str]) -> Outcome:
        """Run it to its end, to the limit, or until there is `trouble` elsewhere."""
        began = time.monotonic()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as stream, self.log.open("r", errors="replace") as told:
            process = subprocess.Popen(
                [sys.executable, *self.arguments],
                stdout=stream,
                stderr=stream,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
            try:
                stopped = self._watched(process, told, began, trouble)
            finally:
                end_group(process)
            show(told)
        seconds = time.monotonic() - began
        if process.returncode == 0 and not stopped:
            return Outcome(True, seconds)
        return Outcome(False, seconds, stopped or reason_of(self.log))

    def _watched(
        self,
        process: "subprocess.Popen[bytes]",
        told: TextIO,
        began: float,
        trouble: Callable[[], str],
    ) -> str:
        """Wait for its end and show its lines meanwhile; why it was not waited for, if so."""
        while process.poll() is None:
            show(told)
            if time.monotonic() - began > self.limit_s:
                return f"not done within {self.limit_s:.0f} s\n{last_lines(self.log)}"
            if found := trouble():
                return found
            time.sleep(LOOK_S)
        return ""


def show(told: TextIO) -> None:
    """Print the new lines in which the step itself speaks."""
    for line in told:
        if line.startswith("["):
            print(line, end="", flush=True)
            heard()


def reason_of(log: Path) -> str:
    """The errors that the step ended with, or the last lines that it wrote."""
    lines = log.read_text("utf-8", errors="replace").splitlines()
    errors = [line.removeprefix(REASON) for line in lines if line.startswith(REASON)]
    return "\n".join(dict.fromkeys(errors)) or last_lines(log)


def last_lines(log: Path) -> str:
    """The end of a log."""
    return "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-LAST_LINES:])
