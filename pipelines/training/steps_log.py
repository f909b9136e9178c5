"""Each optimizer step, told to the caller and written down as it happens."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.integrations import get_reporting_integration_callbacks

from pipelines.distributed.world import is_first
from pipelines.step_progress import say
from pipelines.training.rows import Report, TrainingRun, TrainingStep

LOG = "training.jsonl"
"""In a run's work folder: one TrainingStep a line."""
CURVE_S = 120.0
"""The longest that a training waits for a tracker, in all."""


def steps_of(state: TrainerState) -> list[TrainingStep]:
    """The optimizer steps so far, those before a restart included."""
    return [_step(entry, state.max_steps) for entry in state.log_history if "loss" in entry]


def _step(entry: Mapping[str, Any], total: int) -> TrainingStep:
    return TrainingStep(
        step=entry["step"],
        total_steps=total,
        loss=entry["loss"],
        learning_rate=entry.get("learning_rate"),
        margin=entry.get("rewards/margins"),
        accuracy=entry.get("rewards/accuracies", entry.get("mean_token_accuracy")),
    )


class StepsLog(TrainerCallback):
    """Writes `training.jsonl` and calls `report`; a resumed run's file has no step twice."""

    def __init__(self, work: Path, report: Report) -> None:
        self._path = work / LOG
        self._report = report

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Start the file again with the steps that the checkpoint knows."""
        if state.is_world_process_zero:
            self._path.write_text("".join(_line(step) for step in steps_of(state)))

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Append the step just logged."""
        entry = state.log_history[-1]
        if state.is_world_process_zero and "loss" in entry:
            step = _step(entry, state.max_steps)
            with self._path.open("a") as file:
                file.write(_line(step))
            self._report(step)


class LossCurve(TrainerCallback):
    """A library's own callback for a tracker; one that fails or is slow is left out from then on.

    Checkpoints and models are not handed on.
    """

    def __init__(self, tracker: str, callback: TrainerCallback) -> None:
        self._tracker, self._callback, self._spent_s = tracker, callback, 0.0

    def on_train_begin(self, *given: Any, **more: Any) -> None:
        """Take up the run."""
        self._tell("on_train_begin", *given, **more)

    def on_log(self, *given: Any, **more: Any) -> None:
        """One more step."""
        self._tell("on_log", *given, **more)

    def on_train_end(self, *given: Any, **more: Any) -> None:
        """Let go of the run."""
        self._tell("on_train_end", *given, **more)

    def _tell(self, event: str, *given: Any, **more: Any) -> None:
        if self._spent_s > CURVE_S:
            return
        began, fault = time.monotonic(), ""
        try:
            getattr(self._callback, event)(*given, **more)
        except Exception as error:  # noqa: BLE001 - whatever a tracker's library does, training goes on
            fault, self._spent_s = f"{type(error).__name__}: {error}", CURVE_S
        self._spent_s += time.monotonic() - began
        if self._spent_s > CURVE_S:
            say("tracking", f"{self._tracker}: no more loss curve: {fault or 'too slow'}"[:300])


def curves_of(run: TrainingRun[Any]) -> list[TrainerCallback]:
    """The first process's callbacks for the trackers of `run`."""
    if not is_first():
        return []
    found = []
    for tracker in run.curves:
        try:
            (callback,) = get_reporting_integration_callbacks([tracker])
            found.append(LossCurve(tracker, callback()))
        except (ImportError, RuntimeError) as error:
            say("tracking", f"{tracker}: no loss curve: {error}")
    return found


def _line(step: TrainingStep) -> str:
    return json.dumps(asdict(step)) + "\n"
