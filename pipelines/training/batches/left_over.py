"""How many rows of an embedder's training sat out, epoch by epoch, kept over restarts."""

import json
from pathlib import Path

FILE = "left_over.json"
"""In a run's work folder: counts by the epoch's number, from 1."""


def left_over(work: Path) -> dict[str, int]:
    """Rows that sat out, by epoch; nothing where none was gone through."""
    file = work / FILE
    known: dict[str, int] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return known


def keep_left_over(work: Path, epoch: int, count: int) -> None:
    """Note that so many rows sat out of an epoch."""
    (work / FILE).write_text(json.dumps({**left_over(work), str(epoch): count}), "utf-8")


def forget_left_over(work: Path) -> None:
    """A training starts from its beginning."""
    (work / FILE).unlink(missing_ok=True)
