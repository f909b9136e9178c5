"""A training stage: rows in, a model folder in the run out, its steps kept for the report."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from littlegiants.errors import BadInput
from littlegiants.heartbeat import doing
from pipelines.distributed.world import is_first
from pipelines.run.kept_models import keep_model, trained_path
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.step_progress import StepProgress
from pipelines.training.batches.left_over import left_over
from pipelines.training.rows import TrainingRun, TrainingStep


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
    folder, out = work.folder / "training" / name, trained_path(work, name)
    tracking = work.tracking
    with ShownSteps(work.name, base) as shown, tracking.curves() as curves:
        named = (work.run.recipe.tracking.project, tracking.stage.id if curves else "")
        how: Any = {"seed": work.run.recipe.seed, "curves": curves, "tracked_as": named}
        steps = train(rows, TrainingRun(base, out, folder, settings, report=shown, **how))
    if is_first():
        keep_model(work, name)
    return _tally(folder, steps, settings) if is_first() else Tally()


def _tally(folder: Path, steps: Sequence[TrainingStep], settings: Any) -> Tally:
    counts = json.loads((folder / "counts.json").read_text(encoding="utf-8"))
    detail: dict[str, Any] = {"training": [asdict(step) for step in steps]}
    if sat_out := left_over(folder):
        detail["left_over"] = sat_out
    if settings.averaged_checkpoints > 1:
        from pipelines.training.averaged import kept_average

        detail["averaged"] = kept_average(folder)
    return Tally(counts["in"], counts["out"], +Counter(counts["dropped"]), detail=detail)


class ShownSteps:
    """Shows the steps of a training with loss and time left; before the first, that it loads."""

    def __init__(self, stage: str, base: Path) -> None:
        self._stage, self._base = stage, base
        self._started = time.monotonic()  # the first step is told when it is done
        self._told = ExitStack()
        self._progress: StepProgress | None = None

    def __enter__(self) -> Self:
        self._told.enter_context(doing(f"loading {self._base.name} and the rows"))
        return self

    def __exit__(self, *_: object) -> None:
        self._told.close()

    def __call__(self, step: TrainingStep) -> None:
        """One more step is done."""
        if self._progress is None:
            self._told.close()
            self._progress = self._told.enter_context(self._of(step))
        self._progress.reach(step.step, f"loss {step.loss:.3f}")

    def _of(self, step: TrainingStep) -> StepProgress:
        how: Any = {"resumed": step.step - 1, "started": self._started}
        return StepProgress(self._stage, step.total_steps, unit="step", **how)
