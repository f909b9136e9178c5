"""The adapters of a training's last checkpoints as one, their mean, and what that brought."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
import torch.distributed as distributed
from safetensors.torch import load_file, save_file
from transformers import Trainer

from littlegiants.adapters import TENSORS
from pipelines.step_progress import say
from pipelines.training.checkpoints import sealed
from pipelines.training.rows import TrainingRun

FILE = "averaged.json"
"""In a run's work folder: an Averaged."""
LOSS_BATCHES = 8
"""Batches of a device that losses are told of: some tenths of a percent of a training's time."""


@dataclass(frozen=True, slots=True)
class Averaged:
    """Steps whose adapters were averaged; losses are over the same training rows, no dropout."""

    steps: tuple[int, ...]
    loss: float
    last_step_loss: float
    batches: int

    @property
    def lines(self) -> tuple[str, ...]:
        """What a training says of it."""
        told = (
            f"checkpoints averaged: steps {', '.join(map(str, self.steps))}; loss {self.loss:.4f}, "
            f"the last step's {self.last_step_loss:.4f} ({self.batches} batches of the rows)"
        )
        worse = (
            "warning: the average learnt its rows less well than the last step; lower "
            "checkpoint_steps, or leave averaged_checkpoints at 1"
        )
        return (told, worse) if self.loss > self.last_step_loss else (told,)


def average_last(trainer: Trainer, run: TrainingRun[Any], digest: str, adapter: Path) -> None:
    """Average the adapters of the last checkpoints, as many as the settings say, into `adapter`.

    The last step's is one of them (transformers 5.19 keeps it, whatever `save_steps`). All
    processes take part: the average is left in the model of each. `FILE` says what it brought.
    """
    batches = list(islice(trainer.get_train_dataloader(), LOSS_BATCHES))
    last = loss_over(batches, trainer)
    steps = _average(run, digest, adapter) if trainer.is_world_process_zero() else ()
    take_up(adapter, trainer)
    found = Averaged(steps, loss_over(batches, trainer), last, len(batches))
    if trainer.is_world_process_zero():
        (run.work / FILE).write_text(json.dumps(asdict(found)), "utf-8")
        for line in found.lines:
            say(run.work.name, line)


def kept_average(work: Path) -> dict[str, Any]:
    """The Averaged of a training, as plain data."""
    found: dict[str, Any] = json.loads((work / FILE).read_text("utf-8"))
    return found


def loss_over(batches: Sequence[Mapping[str, Any]], trainer: Trainer) -> float:
    """The mean loss of the trainer's model, as it is, over `batches` of all processes."""
    trainer.model.eval()
    with torch.no_grad(), trainer.compute_loss_context_manager():
        losses = [trainer.compute_loss(trainer.model, dict(batch)).float() for batch in batches]
    return float(trainer.accelerator.reduce(torch.stack(losses).mean(), "mean"))


def take_up(adapter: Path, trainer: Trainer) -> None:
    """Put the first process's `adapter` into the model of every process."""
    if trainer.is_world_process_zero():
        trainer._load_from_checkpoint(str(adapter))
    if distributed.is_initialized():
        for weights in trainer.model.parameters():
            if weights.requires_grad:
                distributed.broadcast(weights.data, src=0)


def _average(run: TrainingRun[Any], digest: str, adapter: Path) -> tuple[int, ...]:
    wanted = run.settings.averaged_checkpoints
    found = list(islice(sealed(run.work, digest), wanted))
    average_adapters(found, adapter)
    if len(found) < wanted:
        say(run.work.name, f"{wanted} checkpoints were to be averaged; lower checkpoint_steps")
    return tuple(int(each.name.rpartition("-")[2]) for each in reversed(found))


def average_adapters(folders: Sequence[Path], out: Path) -> None:
    """Put the mean of the adapters in `folders` in the place of the one in the folder `out`.

    Each matrix is averaged by itself, as whatever is trained is where checkpoints of one training
    are averaged (LAWA, arXiv 2209.14981): rank and scale stay, and so do all uses of the adapter.
    """
    parts = [load_file(folder / TENSORS) for folder in folders]
    mean = {
        name: torch.stack([part[name].float() for part in parts]).mean(dim=0).to(tensor.dtype)
        for name, tensor in parts[0].items()
    }
    save_file(mean, out / TENSORS, metadata={"format": "pt"})
