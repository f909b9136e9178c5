"""A forecast takes the engine's rate from a sweep where there is one."""

import json
from pathlib import Path
from typing import Any

import pytest

from littlegiants.errors import BadInput
from pipelines.forecast.machine import Machine
from pipelines.forecast.plan import plan
from pipelines.forecast.swept_rates import swept
from pipelines.recipe.recipe import load_recipe

GPU = {
    "model": "/models/base-8b",
    "parameters": 8_000_000_000,
    "gpu": "NVIDIA H100 80GB HBM3",
    "gpus": 2,
    "tokens_per_s": 8000.0,
    "max_seqs": 256,
    "measured": "2026-12-01",
    "points": [],
}
CORES = {**GPU, "model": "tiny", "parameters": 100_000_000, "gpu": "", "gpus": 0}


def file(folder: Path, rates: Any) -> str:
    (folder / "rates.json").write_text(rates if isinstance(rates, str) else json.dumps(rates))
    return str(folder / "rates.json")


def test_a_gpus_rate_is_that_of_one_of_those_the_model_was_split_over(tmp_path: Path) -> None:
    recipe = load_recipe("paper-8b")
    fields = swept(file(tmp_path, GPU), recipe.models.generator)
    assert fields["decode"].value == 4000 * 8e9
    assert "one NVIDIA H100 80GB HBM3" in str(fields["decode"])
    usual, found = (
        {each.stage: each for each in plan(recipe, "openai", machine)}
        for machine in (Machine(8), Machine(8, **fields))
    )
    ratio = Machine(8).decode.value / (4000 * 8e9)
    written = usual["propose"].seconds or 0
    assert found["propose"].seconds == pytest.approx(ratio * written)
    assert found["embed"] == usual["embed"]
    assert str(fields["decode"]) in found["propose"].assumptions


def test_a_small_models_rate_is_the_machines(tmp_path: Path) -> None:
    recipe = load_recipe("laptop")
    slow, fast = (
        {
            each.stage: each.seconds or 0
            for each in plan(
                recipe, "recorded", Machine(1, **swept(file(tmp_path, rates), "shipped:x"))
            )
        }
        for rates in (CORES, {**CORES, "tokens_per_s": 80_000.0})
    )
    assert slow["propose"] > fast["propose"]
    assert slow["align"] == fast["align"]


@pytest.mark.parametrize(
    ("rates", "model", "words"),
    [
        (GPU, "shipped:x", "is written on cores; sweep it there"),
        (CORES, "hf:meta-llama/Meta-Llama-3-8B", "is written on a GPU; sweep it there"),
        ({**GPU, "parameters": 0, "model": "x"}, "hf:y", "the size of x is not known"),
        ({**GPU, "tokens_per_s": 0}, "hf:y", r"rates: .*tokens_per_s: .*`make sweep` writes it"),
        ("{", "hf:y", "`make sweep` writes it"),
    ],
    ids=["a GPU's", "a CPU's", "of any size", "no rate", "no file of a sweep"],
)
def test_rates_that_tell_nothing_are_refused(
    rates: Any, model: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=words):
        swept(file(tmp_path, rates), model)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        swept(str(tmp_path / "none"), "hf:x")
