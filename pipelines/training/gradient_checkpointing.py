"""Gradient checkpointing: are activations kept, or computed again because they would not fit?

With an adapter the embeddings are frozen, and a checkpointed layer whose inputs need no gradient
passes none back: trl 1.16 and transformers 5.19 (`gradient_checkpointing_enable`) both have the
embeddings' output ask for one. Dropout is the same in both passes: torch keeps the random state.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch
from transformers import AutoConfig

from littlegiants.tensors import tensor_shapes
from pipelines.distributed.world import is_first
from pipelines.models.devices import computing
from pipelines.step_progress import say
from pipelines.training.rows import TrainingRun

GIB = 2**30
NUMBER_BYTES: Mapping[str, int] = {"bfloat16": 2, "float16": 2, "float32": 4}
KEPT_BYTES: Mapping[int, int] = {2: 80, 4: 115}
"""Kept for the backward pass for each token, layer and number of the hidden state, by the bytes of
a number: counted on a Llama with adapters on all linear layers, whose copies are float32."""
LOGIT_BYTES = 12
"""For each token and entry of the vocabulary: logits, their copy in float32, their gradient."""
USABLE = 2 / 3
"""Of free memory: allocators leave gaps, other models have wider MLPs."""
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True)
class ModelSize:
    """What decides the memory that a model's training needs."""

    parameters: int
    layers: int
    hidden: int
    vocabulary: int


def bytes_without(size: ModelSize, *, tokens: int, dtype: str) -> int:
    """What a step takes that keeps all activations of its tokens: with the weights and logits."""
    number = NUMBER_BYTES[dtype]
    kept = size.layers * size.hidden * KEPT_BYTES[number] + size.vocabulary * LOGIT_BYTES
    return size.parameters * number + tokens * kept


def is_needed(size: ModelSize, *, tokens: int, dtype: str, free: int) -> bool:
    """Whether a step of `tokens` tokens must compute its activations twice to fit into `free`."""
    return bytes_without(size, tokens=tokens, dtype=dtype) > USABLE * free


def chosen(run: TrainingRun[Any], *, tokens: int) -> bool:
    """What the settings say; `auto`, which is told: what the free memory of this machine needs."""
    settings = run.settings
    if settings.gradient_checkpointing != "auto":
        return bool(settings.gradient_checkpointing == "on")
    size, free, dtype = size_of(run.base), free_bytes(), computing(settings.dtype).dtype
    needed = is_needed(size, tokens=tokens, dtype=dtype, free=free)
    if is_first():
        whole = bytes_without(size, tokens=tokens, dtype=dtype)
        told = f"{tokens} tokens at a time need {whole / GIB:.1f} GiB, {free / GIB:.1f} are free"
        say(run.work.name, f"gradient checkpointing {'on' if needed else 'off'}: {told}")
    return needed


def size_of(base: Path) -> ModelSize:
    """Of the model in the folder `base`."""
    config = AutoConfig.from_pretrained(base).get_text_config()
    return ModelSize(
        parameters=sum(math.prod(shape) for shape in tensor_shapes(base).values()),
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        vocabulary=config.vocab_size,
    )


def free_bytes() -> int:
    """Of this process's GPU; without one its part of the machine's, or container's, memory."""
    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0])
    free = psutil.virtual_memory().available
    try:
        limit = CGROUP_LIMIT.read_text("ascii").strip()
    except OSError:
        limit = "max"
    parts = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return min(free, int(limit) if limit.isdigit() else free) // parts
