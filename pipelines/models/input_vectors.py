"""A model's input vectors: one a token, read from its weights without loading the model."""

import json
from pathlib import Path

import torch
from safetensors import safe_open
from tokenizers import Tokenizer
from torch import Tensor
from transformers import AutoTokenizer

from littlegiants.errors import BadInput

INDEX = "model.safetensors.index.json"
ENDS = ("embed_tokens.weight", "word_embeddings.weight", "wte.weight", "embed_in.weight")
"""How the names of the matrix end: Llama, Mistral and Qwen; BERT; GPT-2; Pythia."""


def input_vectors(base: Path) -> tuple[Tokenizer, Tensor]:
    """The fast tokenizer of the model in folder `base`, and its vectors: tokens x width, float32.

    Raises BadInput when it has no such matrix.
    """
    tokenizer = AutoTokenizer.from_pretrained(str(base), use_fast=True)
    for path in _weights(base):
        with safe_open(str(path), framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - no mapping
                if name.endswith(ENDS):
                    return tokenizer.backend_tokenizer, tensors.get_tensor(name).to(torch.float32)
    raise BadInput(f"model {base}: none of its weights is named {', '.join(ENDS)}")


def _weights(base: Path) -> list[Path]:
    index = base / INDEX
    if index.is_file():
        parts = json.loads(index.read_text("utf-8"))["weight_map"]
        named = [part for name, part in parts.items() if name.endswith(ENDS)]
        return [base / part for part in dict.fromkeys(named)]
    return sorted(base.glob("*.safetensors"))
