"""What weights must share to take each other's place, and what is taken from their folder."""

import json
from pathlib import Path
from typing import Any

from littlegiants.errors import BadInput

SHAPE = (
    "architectures",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "vocab_size",
    "tie_word_embeddings",
)
"""Keys of config.json that weights must share to take each other's place."""

TRUST: dict[str, Any] = {
    "load_format": "safetensors",
    "trust_remote_code": False,
    "generation_config": "vllm",
}
"""What vLLM takes from a model's folder: tensors; no pickle, no code, no sampling defaults."""


def shape_of(folder: Path) -> dict[str, Any]:
    """What of a model's config.json its weights depend on.

    Raises BadInput when there is none.
    """
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder}/config.json: cannot be read: {error}") from error
    return {key: config.get(key) for key in SHAPE}
