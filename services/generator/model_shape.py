"""What weights must share to take each other's place, and what is taken from their folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.tensors import Shapes, tensor_shapes
from littlegiants.weights import file_digest

WITHOUT_EFFECT = frozenset(
    {"_name_or_path", "dtype", "pad_token_id", "torch_dtype", "transformers_version", "use_cache"}
)
"""Keys of config.json that change nothing of what an engine writes."""

TOKENIZER = (
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "chat_template.jinja",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
)
"""Files that an engine reads once, when it starts."""

TRUST: dict[str, Any] = {
    "load_format": "safetensors",
    "trust_remote_code": False,
    "generation_config": "vllm",
}
"""What vLLM takes from a model's folder: tensors; no pickle, no code, no sampling defaults."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a model: its configuration, its tensors' shapes, digests of its tokenizer's files."""

    config: Mapping[str, Any]
    tensors: Shapes
    tokenizer: Mapping[str, str]

    @property
    def base_id(self) -> str:
        """Architecture and size, for people."""
        name = (self.config.get("architectures") or ["unknown"])[0]
        size = f"{self.config.get('hidden_size')}x{self.config.get('num_hidden_layers')}"
        return f"{name}-{size}"


def shape_of(folder: Path) -> Shape:
    """What an engine keeps of the model in `folder` when other weights take its place.

    Raises BadInput when the folder holds no model.
    """
    config = read_config(folder / "config.json")
    files = [folder / name for name in TOKENIZER if (folder / name).is_file()]
    return Shape(
        {key: value for key, value in config.items() if key not in WITHOUT_EFFECT},
        tensor_shapes(folder),
        {file.name: file_digest(file) for file in files},
    )


def check_fits(new: Shape, served: Shape) -> None:
    """Raise BadInput, naming the first difference, when `new` cannot take the place of `served`."""
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
