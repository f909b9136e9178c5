"""One training run: its arguments, its restart from a checkpoint, its steps."""

import json
from pathlib import Path
from typing import Any, TypeVar

import datasets
import torch
import transformers
from transformers import PrinterCallback, Trainer

from littlegiants.errors import BadInput
from pipelines.distributed.world import is_first, world_size
from pipelines.models.devices import computing
from pipelines.models.finite import FiniteLoss
from pipelines.progress import say
from pipelines.recipe.training_sections import FinetuneSettings, OptimizerSettings
from pipelines.training import gradient_checkpointing
from pipelines.training.checkpoints import Seal, newest_sealed
from pipelines.training.rows import TrainingStep
from pipelines.training.steps_log import Report, StepsLog, steps_of

Trained = TypeVar("Trained", bound=OptimizerSettings)

KEPT_CHECKPOINTS = 2
"""The newest may be torn by a kill, so the one before it stays."""


def run_arguments(
    settings: OptimizerSettings, *, base: Path, work: Path, seed: int, tokens: int
) -> dict[str, Any]:
    """Arguments that every transformers trainer takes, for this machine's devices.

    `tokens` are those whose activations a device holds at a time.
    """
    return device_arguments(settings) | {
        "output_dir": str(work),
        "seed": seed,
        "learning_rate": settings.learning_rate,
        "num_train_epochs": settings.epochs,
        "warmup_steps": settings.warmup,
        "lr_scheduler_type": settings.schedule,
        "gradient_checkpointing": gradient_checkpointing.chosen(
            settings, base=base, tokens=tokens, work=work
        ),
        "save_strategy": "steps",
        "save_steps": settings.checkpoint_steps,
        "save_total_limit": KEPT_CHECKPOINTS,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,  # it would show a loss that is no number as 0
        "report_to": "none",
        "disable_tqdm": True,
    }


def device_arguments(settings: OptimizerSettings) -> dict[str, Any]:
    """On what a trainer computes and in which type; float16 has its loss scaled by it."""
    cuda, dtype = torch.cuda.is_available(), computing(settings.dtype).dtype
    return {
        "bf16": dtype == "bfloat16",
        "fp16": dtype == "float16",
        "use_cpu": not cuda,
        "dataloader_pin_memory": cuda,
    }


def generator_arguments(
    settings: FinetuneSettings, *, base: Path, work: Path, seed: int, row_tokens: int
) -> dict[str, Any]:
    """Arguments for training a generator; BadInput when the devices do not divide a batch."""
    if settings.batch_size % world_size():
        raise BadInput(
            f"batch_size: {settings.batch_size} is not a multiple of {world_size()} processes"
        )
    held = settings.held_rows(world_size())
    places = {"base": base, "work": work}
    return run_arguments(settings, **places, seed=seed, tokens=held * row_tokens) | {
        "per_device_train_batch_size": held,
        "gradient_accumulation_steps": settings.batch_size // (held * world_size()),
        "max_length": settings.max_length,
        "model_init_kwargs": {"dtype": computing(settings.dtype).dtype},
    }


def start(work: Path, settings: Trained) -> Trained:
    """Make the work folder; `settings` with the dtype of this machine, which is said.

    Progress is told by `report`, so the libraries' own bars are off.
    Raises BadInput for a dtype that this machine cannot train in.
    """
    work.mkdir(parents=True, exist_ok=True)
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    chosen = computing(settings.dtype)
    if chosen.dtype == "float16" and not torch.cuda.is_available():
        raise BadInput("dtype: float16 is trained on GPUs only; leave it `auto`")
    if is_first():
        say(work.name, str(chosen))
    return settings.model_copy(update={"dtype": chosen.dtype})


def run(trainer: Trainer, *, work: Path, digest: str, report: Report) -> list[TrainingStep]:
    """Train to the end, from the newest whole checkpoint of the same run where there is one."""
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Seal(digest))
    trainer.add_callback(FiniteLoss())
    trainer.add_callback(StepsLog(work, report))
    checkpoint = newest_sealed(work, digest)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    return steps_of(trainer.state)


def write_counts(work: Path, *, given: int, dropped: dict[str, int]) -> None:
    """Write `counts.json`: rows in, rows out, rows dropped by reason."""
    counts = {"in": given, "out": given - sum(dropped.values()), "dropped": dropped}
    (work / "counts.json").write_text(json.dumps(counts))
