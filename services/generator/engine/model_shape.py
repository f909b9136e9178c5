"""The shape of a model: what weights must share to take each other's place."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.tensors import Shapes

WITHOUT_EFFECT = frozenset(
    {"_name_or_path", "dtype", "pad_token_id", "torch_dtype", "transformers_version", "use_cache"}
)
"""Fields of a configuration that change nothing of what an engine writes."""

TRUST: dict[str, Any] = {
    "load_format": "safetensors",
    "trust_remote_code": False,
    "generation_config": "vllm",
}
"""What vLLM takes from a model's folder: tensors; no pickle, no code, no sampling defaults."""

TIED_HEAD = "lm_head.weight"
COMPUTED = "rotary_emb.inv_freq"


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a model: its configuration, its tensors' shapes, digests of its tokenizer's parts."""

    config: Mapping[str, Any]
    tensors: Shapes
    tokenizer: Mapping[str, str]

    @property
    def base_id(self) -> str:
        """Architecture and size, for people."""
        name = (self.config.get("architectures") or ["unknown"])[0]
        size = f"{self.config.get('hidden_size')}x{self.config.get('num_hidden_layers')}"
        return f"{name}-{size}"


def check_fits(new: Shape, served: Shape) -> None:
    """Raise BadInput, naming the first difference, when `new` cannot take the place of `served`.

    An engine reads configuration and tokenizer once, when it starts.
    """
    for where, ours, theirs in (
        ("config.json", served.config, new.config),
        ("tensors", served.tensors, new.tensors),
        ("tokenizer", served.tokenizer, new.tokenizer),
    ):
        for key in sorted({*ours, *theirs}):
            if ours.get(key) != theirs.get(key):
                raise BadInput(
                    f"{where}: {key} is {theirs.get(key)}, the model served has {ours.get(key)}; "
                    "start a server anew with these weights"
                )


def loaded_shapes(tensors: Shapes, config: Mapping[str, Any]) -> Shapes:
    """Those of `tensors` that an engine loads: neither a copy of tied embeddings nor tables."""
    tied = TIED_HEAD if config.get("tie_word_embeddings") else None
    return {
        name: shape
        for name, shape in tensors.items()
        if name != tied and not name.endswith(COMPUTED)
    }


def read_config(file: Path) -> dict[str, Any]:
    """The fields of a JSON file.

    Raises BadInput when it cannot be read.
    """
    try:
        fields = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{file.name}: cannot be read: {error}") from error
    if not isinstance(fields, dict):
        raise BadInput(f"{file.name}: must be an object of fields")
    return fields
