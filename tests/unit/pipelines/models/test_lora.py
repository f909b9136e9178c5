"""Which layers an adapter can be put on."""

from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from pipelines.models.lora import lora_config
from pipelines.recipe.training_sections import LoraSettings
from tests.unit.pipelines.training.tokenizer_families import FORMS, make_base


@pytest.mark.parametrize(
    ("family", "its_layers"),
    [
        ("gpt-2", "c_attn, c_fc, c_proj"),
        ("pythia", "dense, dense_4h_to_h, dense_h_to_4h, query_key_value"),
    ],
)
def test_a_base_without_the_named_layers_is_refused_with_those_that_it_has(
    tmp_path: Path, family: str, its_layers: str
) -> None:
    base = make_base(FORMS[family], tmp_path)
    with pytest.raises(BadInput, match=rf"target_modules: .*; name some of {its_layers}$"):
        lora_config(LoraSettings(), "CAUSAL_LM", base=base)
    named = LoraSettings(target_modules=tuple(its_layers.split(", ")[:1]))
    assert lora_config(named, "CAUSAL_LM", base=base).r == named.r
