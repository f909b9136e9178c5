"""Rows without padding have the loss of padded ones: each sees itself only."""

from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from pipelines.models.devices import attention
from pipelines.recipe.training_sections import FinetuneSettings
from pipelines.training.generator_training import generator_arguments
from pipelines.training.rows import Example, TrainingRun
from pipelines.training.runs import started
from pipelines.training.sft import sft_trainer
from tests.unit.pipelines.training.tokenizer_families import FORMS, make_base

ROWS = [Example("one two " * n, "three four five " * (5 - n)) for n in range(1, 5)]


def run_in(folder: Path, **changes: str) -> TrainingRun[FinetuneSettings]:
    settings = FinetuneSettings(
        batch_size=4,
        max_length=200,
        dtype="float32",
        lora={"dropout": 0.0},
        **changes,
    )
    return TrainingRun(folder / "base", folder / "out", folder / "work", settings, seed=1)


@pytest.mark.filterwarnings("default")
def test_a_row_is_learned_as_if_it_were_padded(tmp_path: Path) -> None:
    make_base(FORMS["llama-3"], tmp_path / "base")
    losses, tokens = {}, {}
    for padding_free in ("off", "auto"):
        trainer = sft_trainer(ROWS, started(run_in(tmp_path, padding_free=padding_free)))
        batch = next(iter(trainer.get_train_dataloader()))
        tokens[padding_free] = batch["input_ids"].shape
        trainer.train()
        losses[padding_free] = trainer.state.log_history[0]["loss"]
    assert (tokens["off"][0], tokens["auto"][0]) == (4, 1)
    assert tokens["auto"].numel() < tokens["off"].numel()
    assert losses["auto"] == pytest.approx(losses["off"], rel=1e-5)


def test_a_model_is_never_split_over_gpus(tmp_path: Path) -> None:
    run = run_in(tmp_path, gradient_checkpointing="off")
    found = generator_arguments(run, row_tokens=1)["model_init_kwargs"]
    assert found["device_map"] is None


@pytest.mark.parametrize(("asked", "compiled"), [("auto", False), ("off", False), ("on", True)])
def test_a_model_is_compiled_where_the_recipe_says_so(
    tmp_path: Path, asked: str, compiled: bool
) -> None:
    run = run_in(tmp_path, gradient_checkpointing="off", compile=asked)
    assert generator_arguments(run, row_tokens=1)["torch_compile"] is compiled


def test_flash_attention_is_refused_where_there_is_no_gpu() -> None:
    assert attention("auto", "bfloat16") == {}
    assert attention("eager", "bfloat16") == {"attn_implementation": "eager"}
    with pytest.raises(BadInput, match="attn_implementation"):
        attention("flash_attention_2", "bfloat16")
