"""The speed of this machine: how fast it trains, reads and writes, timed on a small decoder.

The layers are those of the shipped models (SmolLM2-135M), with its whole vocabulary, so that the
share of each kind of product is about the one of a real step.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict

import psutil
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from littlegiants.dtypes import cpu_dtype
from pipelines.training.rates import Operations

LAYERS = 2
TRAINED, READ, WRITTEN = (4, 256), (8, 64), (64, 1)
"""Rows and tokens of a step of each kind; what is written, is written a token a row."""
REPEATS = 2
FORWARD, BACKWARD = 2, 2
"""Operations a parameter and token; a LoRA's base takes no gradient, so it is passed back once."""


def measured() -> Operations:
    """Operations a second of this machine's processor, the best of a few tries."""
    model = _decoder()
    size = sum(each.numel() for each in model.parameters())

    def of(rows: tuple[int, int], operations: int, step: Callable[[torch.Tensor], object]) -> float:
        tokens = torch.randint(0, 1000, rows)
        return operations * size * tokens.numel() / _seconds(lambda: step(tokens))

    with torch.inference_mode():
        read = of(READ, FORWARD, model)
        written = of(WRITTEN, FORWARD, model)
    return Operations(
        of(TRAINED, FORWARD + BACKWARD, lambda rows: _step(model, rows)), read, written
    )


def _decoder() -> LlamaForCausalLM:
    config = LlamaConfig(
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=LAYERS,
        num_attention_heads=9,
        num_key_value_heads=3,
        vocab_size=49152,
        tie_word_embeddings=True,
    )
    dtype = getattr(torch, cpu_dtype("auto").dtype)
    return LlamaForCausalLM(config).to(dtype).requires_grad_(False)


def _step(model: LlamaForCausalLM, rows: torch.Tensor) -> None:
    embedded = model.get_input_embeddings()(rows).requires_grad_(True)
    model(inputs_embeds=embedded, labels=rows).loss.backward()


def _seconds(step: Callable[[], object]) -> float:
    step()
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        step()
        taken.append(time.perf_counter() - began)
    return min(taken)


if __name__ == "__main__":
    start_s = time.time() - psutil.Process().create_time()
    print(json.dumps({**asdict(measured()), "start_s": start_s}))
