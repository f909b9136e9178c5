"""Preference training (DPO): a model learns to prefer the better of two answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import DPOConfig, DPOTrainer

from pipelines.models.chat_template import assistant, fitting, training_tokenizer, user
from pipelines.models.lora import lora_config, publish_generator, save_adapter
from pipelines.recipe.training_sections import AlignSettings
from pipelines.training.checkpoints import rows_digest, run_digest
from pipelines.training.rows import Pair, TrainingStep
from pipelines.training.runs import generator_arguments, run, start, write_counts
from pipelines.training.steps_log import Report

ANSWERS = ("chosen", "rejected")


def align(
    pairs: Sequence[Pair],
    *,
    base: Path,
    out: Path,
    work: Path,
    settings: AlignSettings,
    seed: int,
    report: Report,
) -> list[TrainingStep]:
    """Train an adapter on `pairs` and write the merged model to `out`.

    `base`, the merged junior, is the reference too: the same weights with the adapter switched off.
    The steps tell the margin between the answers and the share of pairs ranked right.
    Work folder, restart and errors are those of `finetune`.
    """
    settings = start(work, settings)
    trainer = dpo_trainer(pairs, base=base, work=work, settings=settings, seed=seed)
    digest = run_digest(rows_digest(pairs), base, settings, seed=seed)
    steps = run(trainer, work=work, digest=digest, report=report)
    adapter = work / "adapter"
    save_adapter(trainer, adapter, base=base)
    if trainer.is_world_process_zero():
        publish_generator(base, adapter, out, tokenizer=trainer.processing_class)
    return steps


def dpo_trainer(
    pairs: Sequence[Pair], *, base: Path, work: Path, settings: AlignSettings, seed: int
) -> DPOTrainer:
    """trl's trainer over those of `pairs` of which both answers fit into `max_length`."""
    tokenizer = training_tokenizer(base)
    conversations = list(map(conversation, pairs))
    kept, longest = fitting(
        conversations, tokenizer, answers=ANSWERS, max_length=settings.max_length
    )
    write_counts(work, given=len(pairs), dropped={"too_long": len(pairs) - len(kept)})
    tokens = len(ANSWERS) * longest
    arguments = generator_arguments(settings, base=base, work=work, seed=seed, row_tokens=tokens)
    return DPOTrainer(
        model=str(base),
        args=DPOConfig(**arguments, beta=settings.beta),
        train_dataset=Dataset.from_list(kept),
        processing_class=tokenizer,
        peft_config=lora_config(settings.lora, "CAUSAL_LM", base=base),
    )


def conversation(pair: Pair) -> dict[str, Any]:
    """`pair` as trl's trainer takes it."""
    return {
        "prompt": user(pair.prompt),
        "chosen": assistant(pair.chosen),
        "rejected": assistant(pair.rejected),
    }
