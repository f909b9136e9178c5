"""What a preflight is given to look at, and what it finds."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from littlegiants.errors import LittleGiantsError, Unavailable
from pipelines.distributed.devices import ONE_DEVICE, Devices
from pipelines.recipe.recipe import Recipe
from pipelines.run.step import Work


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a run would not reach its end: the field, what is wrong and the remedy."""

    message: str
    is_passing: bool = False
    """Whether the same start may succeed later."""


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody should know who starts a run, and what could not be looked at from here."""

    message: str
    is_open: bool = False
    """Whether a later stage, or another start, has to look again."""


Finding = Problem | Note


@dataclass(frozen=True, slots=True)
class Start:
    """A run that is about to start; `work` has its recipe, its folder and its places."""

    work: Work
    devices: Devices = ONE_DEVICE
    """What one training is spread over."""
    is_asking: bool = True
    """Whether the teacher's key must be here: a pod of another stage may have none."""
    stages: tuple[str, ...] = ()
    """The only ones that this process runs, the teacher's first; empty: all of the run."""
    is_elsewhere: bool = False
    """Whether other machines than this one run it: what only they have is a note."""

    @property
    def recipe(self) -> Recipe:
        """What the run makes."""
        return self.work.run.recipe

    @property
    def generators(self) -> str | None:
        """Where the generators are; None where a program is not told."""
        return getattr(self.work.settings, "generators", None)


ONLY_THERE = "is not on this machine; the run looks at it where it runs"
Check = Callable[[Start], Iterator[Finding]]


def is_pod() -> bool:
    """Whether this program runs in a pod, where each stage has a machine of its own."""
    return "KUBERNETES_SERVICE_HOST" in os.environ


def is_only_there(start: Start, path: str) -> bool:
    """Whether `path` may lie on a volume that only the run's own machines have."""
    return start.is_elsewhere and Path(path).is_absolute() and not Path(path).exists()


def problem_of(error: LittleGiantsError, field: str = "") -> Problem:
    """The problem that an error tells of."""
    message = f"{field}: {error}" if field else str(error)
    return Problem(message, is_passing=isinstance(error, Unavailable))
