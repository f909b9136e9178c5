"""Rows without padding have the loss of padded ones: each sees itself only."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoConfig

from littlegiants.errors import BadInput
from pipelines.models.devices import attention
from pipelines.recipe.training_sections import AlignSettings, FinetuneSettings
from pipelines.training.batches.flattened import parts_of
from pipelines.training.dpo import dpo_trainer
from pipelines.training.generator_training import generator_arguments
from pipelines.training.rows import Example, Pair, Trained, TrainingRun
from pipelines.training.runs import started
from pipelines.training.sft import sft_trainer
from tests.unit.pipelines.training.tokenizer_families import FORMS, make_base

COUNTS = (1, 2, 3, 4, 3, 2)
ROWS = [Example("one two " * 10 * n, "three four five " * 10 * (5 - n)) for n in COUNTS]
PAIRS = [
    Pair(row.prompt, row.completion, "six seven " * (30 - 4 * n)) for n, row in enumerate(ROWS)
]
"""With more tokens than pass together."""
SIZES: dict[str, Any] = {
    "batch_size": 6,
    "micro_batch_size": 6,
    "max_length": 250,
    "dtype": "float32",
}


def run_in(folder: Path, settings: Trained) -> TrainingRun[Trained]:
    return TrainingRun(folder / "base", folder / "out", folder / "work", settings, seed=1)


def finetuning(folder: Path, **changes: str) -> Any:
    settings = FinetuneSettings(**SIZES, lora=lora(folder), **changes)
    return sft_trainer(ROWS, started(run_in(folder, settings)))


def aligning(folder: Path, **changes: Any) -> Any:
    # steps of a rate at which the second loss is of a changed model, whose reference is not
    settings = AlignSettings(
        **SIZES, lora=lora(folder), learning_rate=0.1, epochs=2, warmup=0, **changes
    )
    return dpo_trainer(PAIRS, started(run_in(folder, settings)))


def aligning_with_likelihood(folder: Path, **changes: Any) -> Any:
    return aligning(folder, sft_weight=0.5, **changes)


def lora(folder: Path) -> dict[str, Any]:
    model_type = AutoConfig.from_pretrained(folder / "base").model_type
    return {"dropout": 0.0, "target_modules": LINEARS.get(model_type, ["q_proj", "v_proj"])}


LINEARS = {"gpt2": ["c_attn"], "gpt_neox": ["query_key_value"]}
"""Where the attention's linear layers have other names."""


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    "training",
    [finetuning, aligning, aligning_with_likelihood],
    ids=["sft", "dpo", "dpo-and-sft"],
)
@pytest.mark.parametrize("form", ["llama-3", "gpt-2", "pythia"])
def test_a_row_is_learned_as_if_it_were_padded(
    tmp_path: Path, form: str, training: Callable[..., Any]
) -> None:
    without_dropout(make_base(FORMS[form], tmp_path / "base"))
    told, tokens = {}, {}
    for padding_free in ("off", "auto"):
        trainer = training(tmp_path, padding_free=padding_free)
        assert len(trainer.train_dataset) == len(ROWS)
        tokens[padding_free] = computed_for_a_batch(trainer)
        trainer.train()
        told[padding_free] = [
            {name: step[name] for name in step.keys() & TOLD}
            for step in trainer.state.log_history
            if "loss" in step
        ]
    assert tokens["auto"] < tokens["off"]
    for padded, free in zip(told["off"], told["auto"], strict=True):
        assert free == pytest.approx(padded, rel=1e-4, abs=1e-6)


def test_the_preferred_answers_own_likelihood_counts_as_much_as_said(tmp_path: Path) -> None:
    make_base(FORMS["llama-3"], tmp_path / "base")
    first = {}
    for weight in (0, 0.5, 1):
        trainer = aligning(tmp_path, sft_weight=weight)
        trainer.train()
        first[weight] = trainer.state.log_history[0]["loss"]
    assert first[0] == pytest.approx(math.log(2), rel=1e-3)
    assert first[1] - first[0] == pytest.approx(2 * (first[0.5] - first[0]), rel=1e-3)
    assert first[1] > first[0] + 1  # an untrained model finds no answer likely


def without_dropout(base: Path) -> None:
    """GPT-2 has some of its own, which supervised fine-tuning leaves on."""
    config = json.loads((base / "config.json").read_text())
    none = dict.fromkeys((name for name in config if name.endswith("_pdrop")), 0.0)
    (base / "config.json").write_text(json.dumps(config | none))


TOLD = {"loss", "grad_norm", "rewards/margins", "entropy", "mean_token_accuracy"}


def computed_for_a_batch(trainer: Any) -> int:
    """Tokens that pass the model's embeddings, padding included."""
    counts = []
    embeddings = trainer.model.get_input_embeddings()
    hook = embeddings.register_forward_hook(lambda _, given, __: counts.append(given[0].numel()))
    trainer.compute_loss(trainer.model, next(iter(trainer.get_train_dataloader())))
    hook.remove()
    trainer._metrics["train"].clear()
    return sum(counts)


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([300, 300, 300], [slice(0, 3)]),
        ([600, 600, 2000, 5], [slice(0, 2), slice(2, 3), slice(3, 4)]),
    ],
    ids=["few", "many"],
)
def test_so_many_rows_pass_together_as_keep_a_gpu_busy(
    lengths: list[int], expected: list[slice]
) -> None:
    assert parts_of(lengths) == expected


def test_a_model_is_never_split_over_gpus(tmp_path: Path) -> None:
    run = run_in(tmp_path, FinetuneSettings(gradient_checkpointing="off"))
    found = generator_arguments(run, row_tokens=1)["model_init_kwargs"]
    assert found["device_map"] is None


@pytest.mark.parametrize(("asked", "compiled"), [("auto", False), ("off", False), ("on", True)])
def test_a_model_is_compiled_where_the_recipe_says_so(
    tmp_path: Path, asked: str, compiled: bool
) -> None:
    run = run_in(tmp_path, FinetuneSettings(gradient_checkpointing="off", compile=asked))
    assert generator_arguments(run, row_tokens=1)["torch_compile"] is compiled


def test_flash_attention_is_refused_where_there_is_no_gpu() -> None:
    assert attention("auto", "bfloat16") == {}
    assert attention("eager", "bfloat16") == {"attn_implementation": "eager"}
    with pytest.raises(BadInput, match="attn_implementation"):
        attention("flash_attention_2", "bfloat16")
