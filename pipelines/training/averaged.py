"""The adapters of a training's last checkpoints as one, their mean."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from littlegiants.adapters import TENSORS


def average_adapters(folders: Sequence[Path], out: Path) -> None:
    """Put the mean of the adapters in `folders` in the place of the one in the folder `out`.

    Each matrix is averaged by itself, as whatever is trained is where checkpoints of one training
    are averaged (LAWA, arXiv 2209.14981): rank and scale stay, and so do all uses of the adapter.
    """
    parts = [load_file(folder / TENSORS) for folder in folders]
    mean = {
        name: torch.stack([part[name].float() for part in parts]).mean(dim=0).to(tensor.dtype)
        for name, tensor in parts[0].items()
    }
    save_file(mean, out / TENSORS, metadata={"format": "pt"})
