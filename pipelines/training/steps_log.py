"""Each optimizer step, told to the caller and written down as it happens."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from pipelines.training.rows import Report, TrainingStep

LOG = "training.jsonl"
"""In a run's work folder: one TrainingStep a line."""


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


def _line(step: TrainingStep) -> str:
    return json.dumps(asdict(step)) + "\n"
