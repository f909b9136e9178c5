"""Which adapters are served: each rule by its name."""

import json
from pathlib import Path
from typing import Any

import pytest

from littlegiants.adapters import (
    BASE,
    CONFIG,
    RULES,
    Adapter,
    base_note,
    broken_rules,
    check_adapter,
    read_base,
    served_rank,
)
from littlegiants.errors import BadInput
from littlegiants.tensors import Shapes

LAYER = "model.layers.0.self_attn.q_proj"
GOOD: dict[str, Any] = {
    "peft_type": "LORA",
    "r": 8,
    "lora_alpha": 16,
    "bias": "none",
    "use_rslora": True,
    "init_lora_weights": "gaussian",
    "modules_to_save": None,
    "rank_pattern": {},
}
SHAPES: Shapes = {
    f"base_model.model.{LAYER}.lora_A.weight": (8, 4),
    f"base_model.model.{LAYER}.lora_B.weight": (6, 8),
}
BASE_SHAPES: Shapes = {
    f"{LAYER}.weight": (6, 4),
    "model.norm.weight": (4,),
    "lm_head.weight": (9, 4),
}


def test_a_plain_adapter_breaks_no_rule() -> None:
    assert broken_rules(Adapter(GOOD, SHAPES, BASE_SHAPES, 8)) == ()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"peft_type": "LOHA"}, "is_a_lora"),
        ({"r": 9}, "has_a_rank_that_is_served"),
        ({"r": 0}, "has_a_rank_that_is_served"),
        ({"r": "8"}, "has_a_rank_that_is_served"),
        ({"rank_pattern": {"q_proj": 16}}, "has_a_rank_that_is_served"),
        ({"use_dora": True}, "is_not_weight_decomposed"),
        ({"bias": "all"}, "has_no_bias"),
        ({"lora_bias": True}, "has_no_bias"),
        ({"modules_to_save": ["lm_head"]}, "keeps_no_other_modules"),
        ({"trainable_token_indices": [1]}, "keeps_no_other_modules"),
        ({"init_lora_weights": "pissa_niter_4"}, "starts_from_the_plain_base"),
        ({"init_lora_weights": "OLoRA"}, "starts_from_the_plain_base"),
        ({"init_lora_weights": "loftq"}, "starts_from_the_plain_base"),
        ({"init_lora_weights": "corda"}, "starts_from_the_plain_base"),
        ({"alora_invocation_tokens": [5]}, "is_always_active"),
        ({"layer_replication": [[0, 1]]}, "repeats_no_layers"),
        ({"use_qalora": True}, "is_made_of_whole_matrices"),
        ({"use_bdlora": {"nblocks": 2}}, "is_made_of_whole_matrices"),
    ],
)
def test_a_configuration_breaks_one_rule(change: dict[str, Any], rule: str) -> None:
    assert broken_rules(Adapter(GOOD | change, SHAPES, BASE_SHAPES, 8)) == (rule,)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("model.layers.0.self_attn.q_proj.lora_A.weight", (8, 4)),
        ("base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight", (8, 4)),
        (f"base_model.model.{LAYER}.lora_A.weight", (8, 5)),
        (f"base_model.model.{LAYER}.lora_B.weight", (5, 8)),
        (f"base_model.model.{LAYER}.lora_B.bias", (6,)),
    ],
)
def test_a_tensor_that_the_base_has_no_place_for_is_found(
    name: str, shape: tuple[int, ...]
) -> None:
    broken = broken_rules(Adapter(GOOD, SHAPES | {name: shape}, BASE_SHAPES, 8))
    assert broken == ("changes_only_what_the_base_has",)


def test_an_adapted_head_is_found() -> None:
    head = {"base_model.model.lm_head.lora_A.weight": (8, 4)}
    broken = broken_rules(Adapter(GOOD, SHAPES | head, BASE_SHAPES, 8))
    assert broken == ("leaves_head_and_embeddings_alone",)


def test_every_rule_has_a_case_above() -> None:
    assert len({rule.__name__ for rule in RULES}) == 11


def test_an_adapter_is_checked_on_its_own_base_only(tmp_path: Path) -> None:
    base, other, adapter = (tmp_path / name for name in ("base", "other", "adapter"))
    write_tensors(base, "model", BASE_SHAPES)
    write_tensors(other, "model", BASE_SHAPES, fill=b"\1")
    write_tensors(adapter, "adapter_model", SHAPES)
    (adapter / CONFIG).write_text(json.dumps(GOOD))
    with pytest.raises(BadInput, match=r"base\.json: cannot be read"):
        check_adapter(adapter, read_base(base))
    (adapter / BASE).write_text(base_note(read_base(base)))
    check_adapter(adapter, read_base(base), max_rank=8)
    with pytest.raises(BadInput, match=r"base\.json: the adapter is for base"):
        check_adapter(adapter, read_base(other))
    with pytest.raises(BadInput, match=r"has_a_rank_that_is_served \(the highest rank is 4\)"):
        check_adapter(adapter, read_base(base), max_rank=4)


def test_a_file_that_only_claims_to_hold_tensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"\x80\x04 a pickle, perhaps, or anything else")
    with pytest.raises(BadInput, match=r"model\.safetensors: is no safetensors file"):
        read_base(tmp_path)


def test_a_server_has_room_for_the_rank() -> None:
    assert [served_rank(rank) for rank in (1, 8, 9, 32, 33, 512)] == [8, 8, 16, 32, 64, 512]


def write_tensors(
    folder: Path, name: str, shapes: dict[str, tuple[int, ...]], *, fill: bytes = b"\0"
) -> None:
    """A safetensors file of bytes, made by hand."""
    folder.mkdir()
    header, end = {}, 0
    for tensor, shape in shapes.items():
        size = shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[tensor] = {"dtype": "U8", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    content = len(text).to_bytes(8, "little") + text + fill * end
    (folder / f"{name}.safetensors").write_bytes(content)
