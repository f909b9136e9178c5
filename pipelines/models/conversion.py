"""Converts a packed GGUF model into a bfloat16 safetensors folder."""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from pipelines.storage.atomic_writes import whole_folder


def dequantize(gguf: Path, out: Path) -> None:
    """Unpack `gguf` into the folder `out` that transformers and vLLM load directly."""
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
    )
    with whole_folder(out) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
