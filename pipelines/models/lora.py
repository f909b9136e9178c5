"""LoRA adapters: made, kept and merged into the weights that they were trained on."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    PreTrainedTokenizerBase,
    Trainer,
)
from transformers.pytorch_utils import Conv1D

from littlegiants.errors import BadInput
from pipelines.models.finite import REMEDY
from pipelines.recipe.training_sections import LoraSettings
from pipelines.storage.atomic_writes import whole_folder

FILES = ("adapter_config.json", "adapter_model.safetensors")


def lora_config(settings: LoraSettings, task_type: str, *, base: Path) -> LoraConfig:
    """peft's form of `settings`; BadInput when `base` has none of the layers that they name."""
    layers = linear_layers(base)
    if not layers.intersection(settings.target_modules):
        raise BadInput(
            f"lora.target_modules: {base} has none of {', '.join(settings.target_modules)}; "
            f"name some of {', '.join(sorted(layers))}"
        )
    return LoraConfig(
        r=settings.r,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(settings.target_modules),
        bias="none",
        task_type=task_type,
    )


def linear_layers(base: Path) -> set[str]:
    """The ends of the names of `base`'s linear layers, from its config alone."""
    with torch.device("meta"):
        model = AutoModel.from_config(AutoConfig.from_pretrained(base))
    found = (name for name, each in model.named_modules() if isinstance(each, (nn.Linear, Conv1D)))
    return {name.rpartition(".")[2] for name in found}


def save_adapter(trainer: Trainer, folder: Path, *, base: Path) -> None:
    """Keep the trained adapter's two files in `folder`, without a path of this machine in them.

    Of many processes the first does: each has the whole adapter (DDP).
    """
    if not trainer.is_world_process_zero():
        return
    with whole_folder(folder) as partial:
        saved = partial / "saved"
        trainer.save_model(str(saved))
        for name in FILES:
            shutil.move(saved / name, partial / name)
        shutil.rmtree(saved)
        config = json.loads((partial / FILES[0]).read_text())
        config["base_model_name_or_path"] = base.name
        (partial / FILES[0]).write_text(json.dumps(config, indent=2))


def merged(model: Any, adapter: Path) -> Any:
    """`model` with the adapter's update added to its weights.

    Raises BadInput when a weight of the sum is not finite.
    """
    adapted = PeftModel.from_pretrained(model, str(adapter))
    # peft 0.21 computes the update in float32 and rounds it to the model's type before
    # it is added; only with safe_merge are the sums looked at
    try:
        return adapted.merge_and_unload(safe_merge=True)
    except ValueError as error:
        raise BadInput(f"training: the trained weights are not finite; {REMEDY}") from error


def publish_generator(
    base: Path, adapter: Path, out: Path, *, tokenizer: PreTrainedTokenizerBase
) -> None:
    """Write base and adapter, merged in bfloat16, as one folder that any engine serves."""
    model = merged(AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16), adapter)
    model.config.pad_token_id = model.generation_config.pad_token_id = tokenizer.pad_token_id
    with whole_folder(out) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
