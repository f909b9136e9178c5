"""Supervised fine-tuning: a model learns to answer prompts as the examples do."""

from collections.abc import Sequence
from pathlib import Path

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from pipelines.models.chat_template import assistant, fitting, training_tokenizer, user
from pipelines.models.lora import lora_config, publish_generator, save_adapter
from pipelines.recipe.training_sections import FinetuneSettings
from pipelines.training.checkpoints import rows_digest, run_digest
from pipelines.training.rows import Example, TrainingStep
from pipelines.training.runs import generator_arguments, run, start, write_counts
from pipelines.training.steps_log import Report


def finetune(
    rows: Sequence[Example],
    *,
    base: Path,
    out: Path,
    work: Path,
    settings: FinetuneSettings,
    seed: int,
    report: Report,
) -> list[TrainingStep]:
    """Train an adapter on `rows`, loss on the completions only; write the merged model to `out`.

    Checkpoints, `training.jsonl`, `counts.json` and `adapter/` are in `work`: the same call after a
    kill goes on from the newest whole checkpoint and gives the same weights.
    Raises BadInput when no row fits.
    """
    settings = start(work, settings)
    trainer = sft_trainer(rows, base=base, work=work, settings=settings, seed=seed)
    digest = run_digest(rows_digest(rows), base, settings, seed=seed)
    steps = run(trainer, work=work, digest=digest, report=report)
    adapter = work / "adapter"
    save_adapter(trainer, adapter, base=base)
    if trainer.is_world_process_zero():
        publish_generator(base, adapter, out, tokenizer=trainer.processing_class)
    return steps


def sft_trainer(
    rows: Sequence[Example], *, base: Path, work: Path, settings: FinetuneSettings, seed: int
) -> SFTTrainer:
    """trl's trainer over those of `rows` that fit into `max_length`."""
    tokenizer = training_tokenizer(base)
    conversations = [
        {"prompt": user(row.prompt), "completion": assistant(row.completion)} for row in rows
    ]
    kept, longest = fitting(
        conversations, tokenizer, answers=["completion"], max_length=settings.max_length
    )
    write_counts(work, given=len(rows), dropped={"too_long": len(rows) - len(kept)})
    arguments = generator_arguments(settings, base=base, work=work, seed=seed, row_tokens=longest)
    return SFTTrainer(
        model=str(base),
        args=SFTConfig(**arguments),
        train_dataset=Dataset.from_list(kept),
        processing_class=tokenizer,
        peft_config=lora_config(settings.lora, "CAUSAL_LM", base=base),
    )
