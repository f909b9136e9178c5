"""The console of a local pipeline: lines that a person wants to read; all of it is in a file."""

import contextlib
import re
from collections import deque
from pathlib import Path
from typing import TextIO

from littlegiants.heartbeat import heard

OWN = re.compile(r"\[[a-z]+(-[a-z0-9]+)*\] |error: ")
"""Lines that our steps write; kfp's start otherwise."""
TAIL_LINES = 40


class Console:
    """A stream that writes all lines to a log file and the steps' own to the terminal."""

    def __init__(self, terminal: TextIO, log: Path) -> None:
        self._terminal = terminal
        self._log = log.open("a", encoding="utf-8")
        self._line = ""
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)

    def write(self, text: str) -> int:
        """Take a piece of a line, or several lines."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._log.write(f"{line}\n")
            self._tail.append(line)
            if OWN.match(line):
                self.tell(line)
        return len(text)

    def tell(self, line: str) -> None:
        """Show a line on the terminal; where nobody reads it any more, the log still has it."""
        heard()
        with contextlib.suppress(BrokenPipeError):
            self._terminal.write(f"{line}\n")
            self._terminal.flush()

    def flush(self) -> None:
        """Store what came so far."""
        self._log.flush()

    def close(self) -> None:
        """Store the rest."""
        self._log.close()

    def show_tail(self) -> None:
        """Show the last lines of everything: for when something failed."""
        self.tell("\n".join(["", *self._tail]))
