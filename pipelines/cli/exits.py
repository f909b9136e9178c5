"""Why a run stopped: kept in its folder for who started it, and told by the exit code."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from upath import UPath

from littlegiants.errors import BadInput, LittleGiantsError, OverBudget, Unavailable
from pipelines.storage.atomic_writes import write_whole

FILE = "stopped.json"


class KeptOut(BadInput):
    """Trained weights did not hold the gates of their promotion: what was served is served on."""


EXIT_CODES: dict[type[LittleGiantsError], int] = {
    Unavailable: 1,
    BadInput: 2,
    OverBudget: 3,
    KeptOut: 7,
}
"""1: start the same command again later; 2: change what it names; 3: raise the cap it names; 7:
train otherwise, or loosen the gate it names."""


def exit_code(error: LittleGiantsError) -> int:
    """The exit code that tells what kind of error ended a program."""
    return EXIT_CODES.get(type(error), 1)


def told(error: LittleGiantsError) -> str:
    """An error as a program prints it; one that tells of several faults has a line for each."""
    return "\n".join(f"error: {line}" for line in str(error).split("\n"))


@contextmanager
def stop_noted(folder: UPath) -> Iterator[None]:
    """Keeps the error that ends what is done within."""
    try:
        yield
    except LittleGiantsError as error:
        told = {"error": type(error).__name__, "message": str(error)}
        write_whole(folder / FILE, json.dumps(told))
        raise


def forget_stop(folder: UPath) -> None:
    """Before a new start: the last one's end says nothing of this one's."""
    (folder / FILE).unlink(missing_ok=True)


def noted_stop(folder: UPath) -> LittleGiantsError | None:
    """The error that a step of this start ended with, if it was one of ours."""
    path = folder / FILE
    if not path.exists():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    kinds = {kind.__name__: kind for kind in EXIT_CODES}
    return kinds[told["error"]](told["message"]) if told["error"] in kinds else None


@contextmanager
def stop_of_parts(folder: UPath) -> Iterator[None]:
    """What ended one of several processes ends what waits for them: it names the remedy."""
    forget_stop(folder)
    try:
        yield
    except Unavailable as error:
        raise (noted_stop(folder) or error) from error


PAUSED = 4
"""Exit code of a run that waits for a person."""
