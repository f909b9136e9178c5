"""Wrong training settings are refused where a recipe is read."""

import math

import pytest
from pydantic import BaseModel, ValidationError

from pipelines.recipe.training_sections import (
    AlignSettings,
    EmbedSettings,
    FinetuneSettings,
    LoraSettings,
)


def test_defaults_are_the_published_ones() -> None:
    junior, senior, embedder = FinetuneSettings(), AlignSettings(), EmbedSettings()
    assert (junior.learning_rate, junior.batch_size) == (1e-4, 16)
    assert (senior.learning_rate, senior.batch_size, senior.beta) == (1e-5, 16, 0.1)
    assert (embedder.temperature, embedder.max_length) == (0.02, 512)
    lora = junior.lora
    assert (lora.r, lora.alpha, lora.dropout) == (16, 32, 0.1)
    assert "k_proj" not in lora.target_modules
    assert set(embedder.lora.target_modules) == {*lora.target_modules, "k_proj"}


def test_no_dropout_is_asked_of_a_training_that_switches_it_off() -> None:
    with pytest.raises(ValidationError, match=r"lora.dropout\n.*leave the key out"):
        AlignSettings.model_validate({"lora": {"dropout": 0.1}})
    assert AlignSettings(**AlignSettings().model_dump()).lora.dropout == 0


@pytest.mark.parametrize(
    ("settings", "given", "field"),
    [
        (FinetuneSettings, {"learning_rat": 1}, "learning_rat"),
        (FinetuneSettings, {"micro_batch_size": 0}, "micro_batch_size"),
        (AlignSettings, {"beta": 0}, "beta"),
        (EmbedSettings, {"attn_implementation": "flash"}, "attn_implementation"),
        (EmbedSettings, {"temperature": 0}, "temperature"),
        (EmbedSettings, {"warmup": 1}, "warmup"),
        (LoraSettings, {"target_modules": []}, "target_modules"),
        (FinetuneSettings, {"learning_rate": math.inf}, "learning_rate"),
    ],
    ids=lambda part: next(iter(part)) if isinstance(part, dict) else "",
)
def test_refuses_and_names_the_field(
    settings: type[BaseModel], given: dict[str, object], field: str
) -> None:
    with pytest.raises(ValidationError, match=field):
        settings.model_validate(given)


@pytest.mark.parametrize(
    ("batch", "most", "processes", "held"),
    [(16, 4, 1, 4), (24, 4, 8, 3), (24, 4, 4, 3), (24, 4, 24, 1), (10, 4, 1, 2), (7, 4, 1, 1)],
)
def test_a_device_holds_the_most_rows_that_its_part_of_a_batch_is_made_of(
    batch: int, most: int, processes: int, held: int
) -> None:
    settings = FinetuneSettings(batch_size=batch, micro_batch_size=most)
    assert settings.held_rows(processes) == held
