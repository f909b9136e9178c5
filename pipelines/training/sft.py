"""Supervised fine-tuning: a model learns to answer prompts as the examples do."""

from collections.abc import Sequence
from typing import Any

from trl import SFTConfig, SFTTrainer

from pipelines.recipe.training_sections import FinetuneSettings
from pipelines.training.generator_training import generator_trainer, train_generator
from pipelines.training.rows import Example, TrainingRun, TrainingStep
from pipelines.training.runs import started


def finetune(rows: Sequence[Example], run: TrainingRun[FinetuneSettings]) -> list[TrainingStep]:
    """Train an adapter on `rows`, loss on the completions only; write the merged model.

    Raises BadInput when no row fits.
    """
    run = started(run)
    return train_generator(sft_trainer(rows, run), run, rows)


def sft_trainer(rows: Sequence[Example], run: TrainingRun[FinetuneSettings]) -> SFTTrainer:
    """trl's trainer over those of `rows` that fit into `max_length`."""

    # a row with the columns prompt and completion is learned from its completion on, and only then
    # (trl 1.16: completion_only_loss unset); the collator pads on the right, whatever the tokenizer
    def config(**arguments: Any) -> SFTConfig:
        if run.settings.padding_free == "off" or arguments["per_device_train_batch_size"] == 1:
            return SFTConfig(**arguments)
        # without a mask, but with positions that begin anew, a row sees itself only: flash
        # attention is told where rows begin (trl 1.16), the others get a mask (transformers 5.19).
        # trl refuses a max_length here; longer rows are gone already
        return SFTConfig(**{**arguments, "max_length": None, "padding_free": True})

    return generator_trainer(SFTTrainer, config, rows, run, answers=("completion",))
