"""The sum of two adapters does what both do."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from littlegiants.errors import BadInput
from pipelines.models.adapter_sum import add_adapters

PREFIX = "base_model.model.model.layers.0."


def adapter(folder: Path, layers: dict[str, tuple[int, int]], **config: Any) -> Path:
    """A random adapter for layers of (in, out) features."""
    folder.mkdir()
    tensors = {}
    for name, (width, height) in layers.items():
        tensors[f"{PREFIX}{name}.lora_A.weight"] = torch.randn(config["r"], width)
        tensors[f"{PREFIX}{name}.lora_B.weight"] = torch.randn(height, config["r"])
    save_file(tensors, folder / "adapter_model.safetensors")
    config["target_modules"] = sorted(name.rpartition(".")[2] for name in layers)
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def update(folder: Path, layer: str) -> torch.Tensor:
    """What the adapter adds to the layer's weight."""
    config = json.loads((folder / "adapter_config.json").read_text())
    tensors = load_file(folder / "adapter_model.safetensors")
    down, up = (tensors[f"{PREFIX}{layer}.lora_{part}.weight"] for part in "AB")
    assert down.shape[0] == up.shape[1] == config["r"]
    root = 0.5 if config.get("use_rslora") else 1
    return up @ down * (config["lora_alpha"] / config["r"] ** root)


def test_the_sum_adds_what_both_add(tmp_path: Path) -> None:
    torch.manual_seed(0)
    shared, left, right = "self_attn.q_proj", "self_attn.v_proj", "mlp.up_proj"
    one = adapter(tmp_path / "1", {shared: (6, 4), left: (6, 2)}, r=3, lora_alpha=12)
    two = adapter(
        tmp_path / "2", {shared: (6, 4), right: (4, 8)}, r=4, lora_alpha=2, use_rslora=True
    )
    add_adapters(one, two, tmp_path / "sum")
    both = tmp_path / "sum"
    config = json.loads((both / "adapter_config.json").read_text())
    assert (config["r"], config["target_modules"]) == (7, ["q_proj", "up_proj", "v_proj"])
    torch.testing.assert_close(update(both, shared), update(one, shared) + update(two, shared))
    torch.testing.assert_close(update(both, left), update(one, left))
    torch.testing.assert_close(update(both, right), update(two, right))


def test_adapters_of_several_ranks_are_not_summed(tmp_path: Path) -> None:
    layers = {"self_attn.q_proj": (6, 4)}
    one = adapter(tmp_path / "1", layers, r=3, lora_alpha=3, rank_pattern={"q_proj": 2})
    two = adapter(tmp_path / "2", layers, r=3, lora_alpha=3)
    with pytest.raises(BadInput, match="rank_pattern"):
        add_adapters(one, two, tmp_path / "sum")
