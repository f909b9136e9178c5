"""A model's shape and configuration as vLLM reads them, whichever version wrote its files."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer
from vllm.transformers_utils.config import get_config

from littlegiants.errors import BadInput
from littlegiants.plain_chat_template import PLAIN_TEMPLATE
from littlegiants.tensors import tensor_shapes
from services.generator.engine.model_shape import WITHOUT_EFFECT, Shape, loaded_shapes, read_config

PARTS = ("model", "added_tokens", "normalizer", "pre_tokenizer", "decoder")
"""Of a tokenizer: text to tokens and back. How it pads, cuts and frames does not matter here."""
ENDS = ("bos_token", "eos_token")


def shape_of(folder: Path) -> Shape:
    """What an engine keeps of the model in `folder` when other weights take its place.

    Raises BadInput when the folder holds no model.
    """
    config = _config(folder)
    return Shape(config, loaded_shapes(tensor_shapes(folder), config), _tokenizer(folder))


def _config(folder: Path) -> Mapping[str, Any]:
    read_config(folder / "config.json")
    try:
        fields = get_config(folder, trust_remote_code=False).to_dict()
    except Exception as error:
        # each model's own class raises what it likes
        raise BadInput(f"config.json: describes no model that is known: {error}") from error
    return {key: value for key, value in fields.items() if key not in WITHOUT_EFFECT}


def _tokenizer(folder: Path) -> Mapping[str, str]:
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:
        # some come from another language, with that language's errors
        raise BadInput(f"tokenizer: cannot be read: {error}; save it with the weights") from error
    parts: dict[str, Any] = {"chat_template": tokenizer.chat_template or PLAIN_TEMPLATE}
    parts |= {name: str(getattr(tokenizer, name)) for name in ENDS}
    if tokenizer.is_fast:
        whole = json.loads(tokenizer.backend_tokenizer.to_str())
        parts |= {name: whole.get(name) for name in PARTS}
    else:
        parts |= {"vocabulary": tokenizer.get_vocab()}
    return {name: _digest(part) for name, part in parts.items()}


def _digest(part: Any) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()[:12]
