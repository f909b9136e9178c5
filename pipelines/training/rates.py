"""Rates of this machine, measured before a forecast; a run before may tell them instead."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Literal

LIMIT_S = 120.0
"""A machine that is slower than that is not waited for."""
Doing = Literal["write", "train", "read"]


@dataclass(frozen=True, slots=True)
class Operations:
    """Operations a second in training, in reading, and in writing a token in each of 64 rows."""

    train: float
    read: float
    write: float

    def of(self, doing: Doing) -> float:
        """Of one of them."""
        return float(getattr(self, doing))


@dataclass(frozen=True, slots=True)
class Rates:
    """Of a machine without a GPU; `start_s` is until a process has loaded torch."""

    operations: Operations
    start_s: float
    source: str

    def __str__(self) -> str:
        found = self.operations
        each = f"{found.train:.2g} in training, {found.read:.2g} reading, {found.write:.2g} writing"
        return f"operations a second: {each}; {self.start_s:.1f} s to load torch ({self.source})"


ASSUMED = Rates(Operations(1.6e11, 1.6e11, 1.3e11), 6.0, "two cores with AVX512_BF16")
"""Where nothing can be measured: no torch in this environment."""


def rates_here() -> Rates:
    """This machine's rates, measured in some seconds by a process of its own."""
    began = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.training.speed"],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=True,
        )
        told = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, OSError, ValueError, IndexError):
        return ASSUMED
    seconds = time.monotonic() - began
    return Rates(
        Operations(told["train"], told["read"], told["write"]),
        told["start_s"],
        f"measured here in {seconds:.0f} s",
    )
