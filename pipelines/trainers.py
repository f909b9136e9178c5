"""A training stage: rows in, a model folder in the run out, its steps kept for the report."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from littlegiants.errors import BadInput
from pipelines.models import keep_model, trained_path
from pipelines.progress import Progress
from pipelines.run import Tally
from pipelines.spreading import is_first
from pipelines.stage import Work
from pipelines.training.rows import TrainingStep


def train_model(
    work: Work,
    name: str,
    *,
    base: Path,
    train: Callable[..., list[TrainingStep]],
    rows: Iterable[Any],
    settings: Any,
) -> Tally:
    """Train `base` on `rows` into `models/NAME` of the run; started again, it goes on."""
    if not rows:
        raise BadInput(f"{work.name}: nothing to learn from; see the drops of the steps before")
    folder = work.folder / "training" / name
    steps = train(
        rows,
        base=base,
        out=trained_path(work, name),
        work=folder,
        settings=settings,
        seed=work.run.recipe.seed,
        report=shown_by(work.name),
    )
    if not is_first():
        return Tally()
    keep_model(work, name)
    return _tally(folder, steps)


def _tally(folder: Path, steps: Sequence[TrainingStep]) -> Tally:
    counts = json.loads((folder / "counts.json").read_text(encoding="utf-8"))
    detail = {"training": [asdict(step) for step in steps]}
    return Tally(counts["in"], counts["out"], +Counter(counts["dropped"]), detail=detail)


def shown_by(stage: str) -> Callable[[TrainingStep], None]:
    """Shows each step with its loss and the time left."""
    progress: Progress | None = None
    started = time.monotonic()  # the first step is told when it is done

    def show(step: TrainingStep) -> None:
        nonlocal progress
        if progress is None:
            progress = Progress(stage, step.total_steps, resumed=step.step - 1, started=started)
        progress.count = step.step
        progress.show(f"loss {step.loss:.3f}")

    return show
