"""A training whose numbers are none ends at once, with the step and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from littlegiants.errors import BadInput
from pipelines.recipe.training_sections import (
    AlignSettings,
    EmbedSettings,
    FinetuneSettings,
    LoraSettings,
)
from pipelines.training.dpo import align
from pipelines.training.embedder import train_embedder
from pipelines.training.rows import Example, Pair, Trained, TrainingRun, TrainingStep, Triplet
from pipelines.training.sft import finetune
from tests.unit.pipelines.training.tokenizer_families import FORMS, make_base

pytestmark = pytest.mark.filterwarnings("default")

SIZES = {"batch_size": 2, "max_length": 64, "checkpoint_steps": 1, "dtype": "float32", "warmup": 0}
Train = Callable[..., list[TrainingStep]]


def run_of(settings: Trained, *, base: Path, out: Path, work: Path) -> TrainingRun[Trained]:
    return TrainingRun(base, out, work, settings, seed=1)


def sft(*, learning_rate: float = 1e-3, **places: Path) -> list[TrainingStep]:
    settings = FinetuneSettings(**SIZES, micro_batch_size=2, learning_rate=learning_rate)
    rows = [Example("one", "two")] * 6
    return finetune(rows, run_of(settings, **places))


def dpo(**places: Path) -> list[TrainingStep]:
    settings = AlignSettings(**SIZES, micro_batch_size=2)
    rows = [Pair("one", "two", "three")] * 6
    return align(rows, run_of(settings, **places))


def embed(**places: Path) -> list[TrainingStep]:
    rows = [Triplet("Find it.", "sts", word, f"{word} too") for word in ("one", "two", "three")]
    return train_embedder(rows, run_of(EmbedSettings(**SIZES), **places))


def places(folder: Path, *, broken: bool = False) -> dict[str, Path]:
    """Where a tiny base lies, if need be with one weight that is no number, and where it goes."""
    base = make_base(FORMS["llama-3"], folder / "base")
    if broken:
        weights = load_file(base / "model.safetensors")
        weights["model.layers.0.mlp.down_proj.weight"][0, 0] = float("nan")
        save_file(weights, base / "model.safetensors", metadata={"format": "pt"})
    return {"base": base, "out": folder / "out", "work": folder / "work"}


@pytest.mark.parametrize("train", [sft, dpo, embed])
def test_the_first_loss_that_is_no_number_ends_the_training(train: Train, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"step 1 of \d: loss nan.*lower learning_rate"):
        train(**places(tmp_path, broken=True))
    assert not list((tmp_path / "work").glob("checkpoint-*"))
    assert not (tmp_path / "out").exists()


def test_a_learning_rate_that_overflows_ends_the_training_at_every_start(tmp_path: Path) -> None:
    where = places(tmp_path)
    for _ in range(2):
        with pytest.raises(BadInput, match=r"step 2 of 3: loss .*(inf|nan).*lower learning_rate"):
            sft(learning_rate=1e30, **where)
    assert [path.name for path in (tmp_path / "work").glob("checkpoint-*")] == ["checkpoint-1"]


def test_weights_that_overflow_in_the_last_step_are_not_published(tmp_path: Path) -> None:
    settings = FinetuneSettings(
        **SIZES, micro_batch_size=2, learning_rate=1e38, lora=LoraSettings(alpha=4096)
    )
    rows = [Example("one", "two")] * 2
    with pytest.raises(BadInput, match="weights are not finite; lower learning_rate"):
        finetune(rows, run_of(settings, **places(tmp_path)))
    assert not (tmp_path / "out").exists()
