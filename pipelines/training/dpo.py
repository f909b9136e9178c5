"""Preference training (DPO): a model learns to prefer the better of two answers."""

from collections.abc import Sequence
from typing import Any

from trl import DPOConfig, DPOTrainer

from pipelines.recipe.training_sections import AlignSettings
from pipelines.training.batches.flattened import flatten
from pipelines.training.generator_training import generator_trainer, train_generator
from pipelines.training.rows import Pair, TrainingRun, TrainingStep
from pipelines.training.runs import started

ANSWERS = ("chosen", "rejected")


def align(pairs: Sequence[Pair], run: TrainingRun[AlignSettings]) -> list[TrainingStep]:
    """Train an adapter on `pairs` and write the merged model.

    The base, the merged junior, is the reference too: the same weights with the adapter switched
    off. The steps tell the margin between the answers and the share of pairs ranked right.
    Raises BadInput when no pair fits.
    """
    run = started(run)
    return train_generator(dpo_trainer(pairs, run), run, pairs)


def dpo_trainer(pairs: Sequence[Pair], run: TrainingRun[AlignSettings]) -> DPOTrainer:
    """trl's trainer over those of `pairs` of which both answers fit into `max_length`."""

    # trl 1.16, for a model with a fresh adapter: no second model is loaded, each batch passes once
    # more without the adapter and without gradients for the reference's log-probabilities
    def config(**arguments: Any) -> DPOConfig:
        # disable_dropout is on unless it is said (trl 1.16), the adapter's own dropout included, so
        # that the recipe takes none (AlignLora) and the first step's margin is 0
        losses = {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, run.settings.sft_weight]}
        return DPOConfig(
            **arguments, beta=run.settings.beta, **(losses if run.settings.sft_weight else {})
        )

    trainer = generator_trainer(DPOTrainer, config, pairs, run, answers=ANSWERS)
    # what a mixture of experts adds to the loss is told of a whole batch
    if run.settings.padding_free != "off" and not trainer.aux_loss_enabled:
        flatten(trainer.model.get_base_model())
    return trainer
