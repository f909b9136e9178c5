"""When activations are computed twice: where keeping them would not fit."""

from pathlib import Path

import pytest

from pipelines.recipe.training_sections import FinetuneSettings
from pipelines.training.gradient_checkpointing import ModelSize, bytes_without, chosen, is_needed
from pipelines.training.rows import TrainingRun

GIB = 2**30
LLAMA_8B = ModelSize(parameters=8_030_000_000, layers=32, hidden=4096, vocabulary=128256)
SMOLLM_135M = ModelSize(parameters=134_515_008, layers=30, hidden=576, vocabulary=49152)


@pytest.mark.parametrize(
    ("size", "tokens", "dtype", "free_gib", "needed"),
    [
        pytest.param(SMOLLM_135M, 4 * 300, "float32", 10, False, id="135M, short rows, a laptop"),
        pytest.param(SMOLLM_135M, 4 * 2048, "float32", 10, True, id="135M, long rows, a laptop"),
        pytest.param(SMOLLM_135M, 4 * 2048, "bfloat16", 80, False, id="135M, a large GPU"),
        pytest.param(LLAMA_8B, 4 * 4096, "bfloat16", 80, True, id="8B, long rows, a large GPU"),
        pytest.param(LLAMA_8B, 512, "bfloat16", 80, False, id="8B, one short row, a large GPU"),
    ],
)
def test_auto_follows_the_free_memory(
    size: ModelSize, tokens: int, dtype: str, free_gib: int, needed: bool
) -> None:
    assert is_needed(size, tokens=tokens, dtype=dtype, free=free_gib * GIB) == needed


def test_float32_takes_more_than_bfloat16() -> None:
    half = bytes_without(SMOLLM_135M, tokens=1000, dtype="bfloat16")
    assert half < bytes_without(SMOLLM_135M, tokens=1000, dtype="float32") < 2 * half


@pytest.mark.parametrize(
    ("said", "on"), [("on", True), ("off", False), (True, True), (False, False)]
)
def test_what_is_asked_for_is_kept_also_as_yaml_reads_it(
    tmp_path: Path, said: str | bool, on: bool
) -> None:
    settings = FinetuneSettings.model_validate({"gradient_checkpointing": said})
    run = TrainingRun(tmp_path, tmp_path, tmp_path, settings, seed=0)
    assert chosen(run, tokens=1) is on
