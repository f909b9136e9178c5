"""What weights hold, whatever their files are called and however they are laid out."""

from pathlib import Path
from typing import Any

from littlegiants.adapters import CONFIG
from littlegiants.tensors import tensor_digests
from services.generator.engine.model_shape import read_config

SCALE = ("r", "lora_alpha", "use_rslora", "rank_pattern", "alpha_pattern")
"""What an adapter's configuration does to its tensors."""


def contents(folder: Path) -> dict[str, Any]:
    """A digest of each tensor, and how far an adapter reaches; equal where weights are the same.

    Raises BadInput when there are no tensors.
    """
    found: dict[str, Any] = dict(tensor_digests(folder))
    if (folder / CONFIG).exists():
        config = read_config(folder / CONFIG)
        found |= {name: config.get(name) for name in SCALE}
    return found
