"""Adapters that a base cannot have are refused before anything is paid."""

import json
from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from pipelines.models.tiny_models import tiny_of_family
from pipelines.preflight.layer_checks import (
    models_have_the_layers_to_train,
    models_have_the_positions_to_read,
    positions_of,
)
from pipelines.recipe.recipe import load_recipe
from tests.unit.pipelines.preflight.conftest import Starting


def test_a_base_without_the_named_layers_is_told_with_those_it_has(
    tmp_path: Path, starting: Starting
) -> None:
    base = tiny_of_family("gpt-2", tmp_path / "gpt-2")
    start = starting(f"models.generator={base}")
    found = [finding.message for finding in models_have_the_layers_to_train(start)]
    assert [message.partition(".")[0] for message in found] == ["junior", "senior", "revisor"]
    assert found[0].endswith("name some of c_attn, c_fc, c_proj")
    named = [f"{role}.lora.target_modules=[c_attn]" for role in ("junior", "senior", "revisor")]
    assert not list(models_have_the_layers_to_train(starting(f"models.generator={base}", *named)))


def test_a_base_of_fewer_positions_than_are_asked_for_is_told_before_it_is_served(
    tmp_path: Path, starting: Starting
) -> None:
    base = tiny_of_family("gpt-2", tmp_path / "gpt-2")
    asked = (f"models.generator={base}", "senior.max_length=4096", "serving.max_model_len=3072")

    def told(generators: str) -> list[str]:
        start = starting(*asked, generators=generators)
        return [finding.message for finding in models_have_the_positions_to_read(start)]

    here = told("local")
    assert [each.partition(":")[0] for each in here] == [
        "senior.max_length",
        "serving.max_model_len",
    ]
    assert "ask for at most 1024" in here[0]
    assert told("junior=localhost:1") == here[:1]


def test_positions_that_a_model_stretches_are_not_counted(tmp_path: Path) -> None:
    config = {"max_position_embeddings": 4096, "rope_scaling": {"rope_type": "yarn"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert positions_of(str(tmp_path)) is None
    (tmp_path / "config.json").write_text(json.dumps({**config, "rope_scaling": None}))
    assert positions_of(str(tmp_path)) == 4096


def test_an_adapter_of_layers_that_no_engine_serves_is_refused_with_the_recipe() -> None:
    named = ["junior.lora.target_modules=[c_attn]"]
    load_recipe("laptop", named)
    with pytest.raises(BadInput, match=r"junior.lora.target_modules names c_attn.*serve merged"):
        load_recipe("laptop", [*named, "weights.form=adapter"])
