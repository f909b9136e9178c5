"""Other weights of the tiny model: whole ones, and adapters."""

import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from littlegiants.adapters import BASE, base_note, read_base

LINEAR = ("q_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def make_other_weights(model: Path, out: Path, *, seed: int, noise: float = 0.02) -> Path:
    """Copy `model` into `out` with noise on every tensor."""
    shutil.copytree(model, out)
    torch.manual_seed(seed)
    tensors = load_file(model / "model.safetensors")
    noisy = {
        name: (tensor + noise * torch.randn(tensor.shape)).to(tensor.dtype)
        for name, tensor in tensors.items()
    }
    save_file(noisy, out / "model.safetensors", metadata={"format": "pt"})
    return out


def make_tiny_adapter(base: Path, out: Path, *, seed: int, rank: int = 8) -> Path:
    """Write a random adapter for `base` into `out`."""
    torch.manual_seed(seed)
    config = LoraConfig(
        r=rank,
        lora_alpha=4 * rank,
        target_modules=list(LINEAR),
        task_type="CAUSAL_LM",
        init_lora_weights=False,
    )
    adapted = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    adapted.save_pretrained(out)
    (out / BASE).write_text(base_note(read_base(base)), "utf-8")
    (out / "README.md").unlink(missing_ok=True)
    return out
