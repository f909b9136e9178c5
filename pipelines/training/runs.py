"""One training run: its arguments, its restart from a checkpoint, its steps."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import torch
import torch.distributed as distributed
import transformers
from transformers import PrinterCallback, Trainer, TrainingArguments

from littlegiants.errors import BadInput
from pipelines.distributed.world import is_first, world_size
from pipelines.models.devices import computing
from pipelines.models.finite import FiniteLoss
from pipelines.models.lora import save_adapter
from pipelines.recipe.training_sections import OptimizerSettings
from pipelines.step_progress import say
from pipelines.training import gradient_checkpointing
from pipelines.training.averaged import average_last
from pipelines.training.batches.left_over import forget_left_over
from pipelines.training.checkpoints import Seal, is_sealed, newest_sealed, run_digest
from pipelines.training.rows import Trained, TrainingRun, TrainingStep
from pipelines.training.steps_log import StepsLog, curves_of, steps_of

KEPT_CHECKPOINTS = 2
"""The newest may be torn by a kill, so the one before it stays."""


def run_arguments(run: TrainingRun[Any], *, tokens: int) -> dict[str, Any]:
    """Arguments that every transformers trainer takes, for this machine's devices.

    `tokens` are those whose activations a device holds at a time.
    """
    settings = run.settings
    return device_arguments(settings) | {
        "output_dir": str(run.work),
        "seed": run.seed,
        "learning_rate": settings.learning_rate,
        "weight_decay": settings.weight_decay,
        "num_train_epochs": settings.epochs,
        "warmup_steps": settings.warmup,  # below 1 a share of all steps (transformers 5.19)
        "lr_scheduler_type": settings.schedule,
        # always set: trl 1.16 turns it on where it is left open, transformers 5.19 leaves it off
        "gradient_checkpointing": gradient_checkpointing.chosen(run, tokens=tokens),
        "torch_compile": settings.compile == "on",
        "save_strategy": "steps",
        "save_steps": settings.checkpoint_steps,
        "save_total_limit": max(KEPT_CHECKPOINTS, settings.averaged_checkpoints),
        "logging_steps": 1,
        "logging_nan_inf_filter": False,  # it would show a loss that is no number as 0
        "report_to": "none",  # `curves` go by callbacks that cannot end a training
        "project": run.tracked_as[0] or "huggingface",
        "run_name": run.tracked_as[1] or None,
        "disable_tqdm": True,
    }


def device_arguments(settings: OptimizerSettings) -> dict[str, Any]:
    """On what a trainer computes and in which type; float16 has its loss scaled by it."""
    cuda, dtype = torch.cuda.is_available(), computing(settings.dtype).dtype
    return {
        # autocast to that type; both are always set: trl 1.16 turns bf16 on where it is left open
        "bf16": dtype == "bfloat16",
        "fp16": dtype == "float16",
        "use_cpu": not cuda,
        "dataloader_pin_memory": cuda,
        "ddp_find_unused_parameters": False,  # an adapter's weights all take part in each step
        # no model here has a buffer that changes, and processes cut their parts into other numbers
        # of mini-batches: one would wait for ever for the others' buffers (torch 2.13)
        "ddp_broadcast_buffers": False,
    }


def on_one_device(arguments: TrainingArguments) -> TrainingArguments:
    """`arguments` for a process that computes on one device, however many it sees.

    transformers 5.19 would wrap the model in DataParallel, and hand each device a whole batch.
    """
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def started(run: TrainingRun[Trained]) -> TrainingRun[Trained]:
    """`run` with its work folder made, and with the dtype of this machine, which is said.

    Progress is told by `report`, so the libraries' own bars are off.
    Raises BadInput for a dtype that this machine cannot train in.
    """
    run.work.mkdir(parents=True, exist_ok=True)
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    chosen = computing(run.settings.dtype)
    if chosen.dtype == "float16" and not torch.cuda.is_available():
        raise BadInput("dtype: float16 is trained on GPUs only; leave it `auto`")
    if is_first():
        say(run.work.name, str(chosen))
    return replace(run, settings=run.settings.model_copy(update={"dtype": chosen.dtype}))


def train(
    trainer: Trainer, run: TrainingRun[Any], *, rows: str, publish: Callable[[Path], None]
) -> list[TrainingStep]:
    """Train to the end, from the newest whole checkpoint of the same run where there is one.

    `rows` is the digest of what is learned. The adapter is kept in the work folder; the first
    process lets `publish` make of it what the run gives.
    """
    digest = run_digest(rows, run)
    trainer.remove_callback(PrinterCallback)
    told = (StepsLog(run.work, run.report), *curves_of(run))
    for callback in (Seal(digest), FiniteLoss(), *told):
        trainer.add_callback(callback)
    checkpoint = agreed_checkpoint(run.work, digest)
    if not checkpoint and is_first():
        forget_left_over(run.work)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if not trainer.state.global_step:
        raise BadInput(
            f"rows: no batch had a part for each of {world_size()} processes, so nothing was "
            "learned; train on more rows or fewer devices"
        )
    adapter = run.work / "adapter"
    save_adapter(trainer, adapter, base=run.base)
    if run.settings.averaged_checkpoints > 1:
        average_last(trainer, run, digest, adapter)
    if trainer.is_world_process_zero():
        publish(adapter)
    return steps_of(trainer.state)


def agreed_checkpoint(work: Path, digest: str) -> Path | None:
    """The newest whole checkpoint of the first process, which all others must have as well.

    Raises BadInput in all of them when one does not: to go on from another would hang or diverge.
    """
    if not distributed.is_initialized():
        return newest_sealed(work, digest)
    newest = newest_sealed(work, digest) if is_first() else None
    told: list[Any] = [newest.name if newest else None]
    distributed.broadcast_object_list(told, src=0)
    if told[0] is None:
        return None
    has_it: list[Any] = [None] * world_size()
    distributed.all_gather_object(has_it, is_sealed(work / told[0], digest))
    if not all(has_it):
        lacking = ", ".join(str(rank) for rank, each in enumerate(has_it) if not each)
        raise BadInput(
            f"{work}: {told[0]} is not whole for process {lacking}; give all nodes one --work"
        )
    return work / str(told[0])


def write_counts(work: Path, *, given: int, dropped: dict[str, int]) -> None:
    """Write `counts.json`: rows in, rows out, rows dropped by reason."""
    counts = {"in": given, "out": given - sum(dropped.values()), "dropped": dropped}
    (work / "counts.json").write_text(json.dumps(counts))
