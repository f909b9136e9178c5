"""Two adapters trained one on top of the other become one on the first one's base."""

import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from littlegiants.adapters import CONFIG, TENSORS
from littlegiants.errors import BadInput
from pipelines.storage.atomic_writes import whole_folder

A, B = ".lora_A.weight", ".lora_B.weight"
Tensors = dict[str, torch.Tensor]


def add_adapters(first: Path, second: Path, out: Path) -> None:
    """Write into `out` the adapter whose update is the sum of both; its rank is the sum of theirs.

    s1 B1 A1 + s2 B2 A2 = [s1 B1, s2 B2] [A1; A2]: exact, but for the rounding of the weights that
    the second one was trained on.
    Raises BadInput when ranks or scales differ from layer to layer.
    """
    configs = [json.loads((folder / CONFIG).read_text("utf-8")) for folder in (first, second)]
    parts = [
        _scaled(load_file(folder / TENSORS), config)
        for folder, config in zip((first, second), configs, strict=True)
    ]
    layers = sorted({name.removesuffix(A) for part in parts for name in part if name.endswith(A)})
    rank = sum(config["r"] for config in configs)
    with whole_folder(out) as folder:
        summed = {name: tensor for layer in layers for name, tensor in _sum(layer, parts, rank)}
        save_file(summed, folder / TENSORS, metadata={"format": "pt"})
        targets = sorted({target for config in configs for target in config["target_modules"]})
        config = {**configs[0], "r": rank, "lora_alpha": rank, "target_modules": targets}
        config["use_rslora"] = False
        (folder / CONFIG).write_text(json.dumps(config, indent=2), "utf-8")


def _scaled(tensors: Tensors, config: dict[str, Any]) -> Tensors:
    for name in ("rank_pattern", "alpha_pattern"):
        if config.get(name):
            raise BadInput(f"{CONFIG}: {name}: adapters to be summed have one rank and one scale")
    divisor = math.sqrt(config["r"]) if config.get("use_rslora") else config["r"]
    scale = config["lora_alpha"] / divisor
    return {
        name: tensor.float() * scale if name.endswith(B) else tensor.float()
        for name, tensor in tensors.items()
    }


def _sum(layer: str, parts: list[Tensors], rank: int) -> list[tuple[str, torch.Tensor]]:
    """The layer's two matrices; what an adapter that lacks it leaves of the rank is zero."""
    having = [part for part in parts if layer + A in part]
    down = torch.cat([part[layer + A] for part in having])
    up = torch.cat([part[layer + B] for part in having], dim=1)
    missing = rank - down.shape[0]
    down = torch.nn.functional.pad(down, (0, 0, 0, missing))
    up = torch.nn.functional.pad(up, (0, missing))
    return [(layer + A, down.contiguous()), (layer + B, up.contiguous())]
