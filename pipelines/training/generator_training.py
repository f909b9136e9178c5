"""What both trainings of a generator share: conversations that fit, LoRA, the merged model."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from datasets import Dataset
from transformers import Trainer

from littlegiants.errors import BadInput
from pipelines.distributed.world import world_size
from pipelines.models.chat_template import assistant, fitting, training_tokenizer, user
from pipelines.models.devices import attention, computing
from pipelines.models.lora import lora_config, publish_generator
from pipelines.recipe.training_sections import FinetuneSettings
from pipelines.training.checkpoints import rows_digest
from pipelines.training.rows import Example, Pair, TrainingRun, TrainingStep
from pipelines.training.runs import on_one_device, run_arguments, train, write_counts

AnyTrainer = TypeVar("AnyTrainer", bound=Trainer)


def generator_trainer(
    trainer: Callable[..., AnyTrainer],
    config: Callable[..., Any],
    rows: Sequence[Example | Pair],
    run: TrainingRun[Any],
    *,
    answers: Sequence[str],
) -> AnyTrainer:
    """One of trl's trainers over those of `rows` whose `answers` all fit into `max_length`."""
    tokenizer = training_tokenizer(run.base)
    # longer rows go here: trl 1.16 would cut off their end, and with it the end-of-text token
    kept, longest = fitting(
        [conversation(row, answers) for row in rows],
        tokenizer,
        answers=answers,
        max_length=run.settings.max_length,
    )
    write_counts(run.work, given=len(rows), dropped={"too_long": len(rows) - len(kept)})
    return trainer(
        model=str(run.base),
        # trl 1.16 puts all answers of a row into one batch, so that a row holds the tokens of each
        args=on_one_device(config(**generator_arguments(run, row_tokens=len(answers) * longest))),
        train_dataset=Dataset.from_list(kept),
        processing_class=tokenizer,
        peft_config=lora_config(run.settings.lora, "CAUSAL_LM", base=run.base),
    )


def conversation(row: Example | Pair, answers: Sequence[str]) -> dict[str, Any]:
    """`row` as trl's trainers take it."""
    written = {answer: assistant(getattr(row, answer)) for answer in answers}
    return {"prompt": user(row.prompt), **written}


def generator_arguments(run: TrainingRun[FinetuneSettings], *, row_tokens: int) -> dict[str, Any]:
    """Arguments for training a generator; BadInput when the devices do not divide a batch."""
    settings, world = run.settings, world_size()
    if settings.batch_size % world:
        raise BadInput(f"batch_size: {settings.batch_size} is not a multiple of {world} processes")
    held, dtype = settings.held_rows(world), computing(settings.dtype).dtype
    # accelerate 1.15 deals whole batches to the processes in turn, so what is set is a device's own
    # batch; where the last ones do not come out even, rows from the beginning are taken once more
    return run_arguments(run, tokens=held * row_tokens) | {
        "per_device_train_batch_size": held,
        "gradient_accumulation_steps": settings.batch_size // (held * world),
        "max_length": settings.max_length,
        # trl 1.16 would load a base in float32, the adapter is float32 all the same (peft 0.21);
        # and split a model over all GPUs that a single process sees, one of them busy at a time
        "model_init_kwargs": {
            "dtype": dtype,
            "device_map": None,
            **attention(settings.attn_implementation, dtype),
        },
    }


def train_generator(
    trainer: Trainer, run: TrainingRun[Any], rows: Sequence[Example | Pair]
) -> list[TrainingStep]:
    """Train to the end and write base and adapter, merged, to the run's `out`."""
    return train(
        trainer,
        run,
        rows=rows_digest(rows),
        publish=lambda adapter: publish_generator(
            run.base, adapter, run.out, tokenizer=trainer.processing_class
        ),
    )
