"""An encoder for MTEB: queries carry the task's instruction, documents stay bare."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from mteb.models import ModelMeta
from mteb.models.abs_encoder import AbsEncoder
from mteb.types import PromptType
from sentence_transformers import SentenceTransformer

from littlegiants.dtypes import Dtype
from littlegiants.errors import BadInput
from pipelines.models.devices import computing
from pipelines.models.encoded import encoded_told
from pipelines.training.rows import query_text


class InstructedEncoder(AbsEncoder):
    """`model` under its own identity: MTEB takes every unnamed local model for the same one."""

    def __init__(
        self,
        model: SentenceTransformer,
        *,
        name: str,
        revision: str,
        instruction: str,
        batch_size: int,
    ) -> None:
        self.model, self.instruction, self.batch_size = model, instruction, batch_size
        identity = {"name": f"littlegiants/{name}", "revision": revision}
        self.mteb_model_meta = ModelMeta.create_empty(identity)

    def encode(self, inputs: Any, *, prompt_type: PromptType | None = None, **kwargs: Any) -> Any:
        """Embeddings, texts x dimensions; a symmetric task has queries only, all instructed.

        Raises BadInput when one is not finite: such a model cannot be scored.
        """
        texts = [text for batch in inputs for text in batch["text"]]
        prompt = self.model.prompts.get("document", "")
        if prompt_type is not PromptType.document:
            prompt = ""
            texts = [query_text(self.instruction, text) for text in texts]
        with encoded_told(self.model, len(texts)):
            found = self.model.encode(
                texts, prompt=prompt, batch_size=self.batch_size, show_progress_bar=False
            )
        if not np.isfinite(found).all():
            name = self.mteb_model_meta.name
            raise BadInput(f"models: {name}: an embedding holds no number; train or choose another")
        return found


Embedder: TypeAlias = Path | SentenceTransformer | Callable[[], SentenceTransformer]
"""A model, its folder, or what loads it when its turn has come."""


def check_embedder(model: Embedder) -> None:
    """Raise BadInput when `model` is a folder without a sentence-transformers model."""
    if isinstance(model, Path) and not (model / "modules.json").is_file():
        raise BadInput(
            f"models: {model} holds no modules.json; give a sentence-transformers folder"
        )


def open_embedder(model: Embedder, dtype: Dtype) -> SentenceTransformer:
    """`model` itself, or the one in that folder, which then computes in `dtype`."""
    check_embedder(model)
    if isinstance(model, SentenceTransformer):
        return model
    if not isinstance(model, Path):
        return model()
    return SentenceTransformer(str(model), model_kwargs={"dtype": computing(dtype).dtype})


def content_digest(model: SentenceTransformer) -> str:
    """SHA-256 (16 hex digits) of all that decides an embedding: layers, weights, tokenizer."""
    found = hashlib.sha256(f"{model!r} {model.truncate_dim}".encode())
    for name, weights in sorted(model.state_dict().items()):
        found.update(f"{name} {weights.dtype} {tuple(weights.shape)}".encode())
        raw = weights.detach().cpu().contiguous().flatten().view(torch.uint8)
        found.update(memoryview(raw.numpy()))
    found.update(_tokenizer_text(model.tokenizer).encode())
    return found.hexdigest()[:16]


def _tokenizer_text(tokenizer: Any) -> str:
    """The tokenizer's rules, without truncation and padding, which each call of it sets."""
    rules = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not hasattr(rules, "to_str"):
        return json.dumps(sorted(tokenizer.get_vocab().items()))
    return _lasting(rules.to_str())


@lru_cache(maxsize=2)
def _lasting(rules: str) -> str:
    """Megabytes of them, which the models of a study have in common."""
    fields = json.loads(rules)
    return json.dumps({key: fields[key] for key in fields if key not in ("truncation", "padding")})


@contextmanager
def cut_to(model: SentenceTransformer, max_length: int) -> Iterator[None]:
    """Let `model` read at most `max_length` tokens of a text for the time of the block."""
    before = model.max_seq_length
    if before is None or before <= max_length or before == float("inf"):
        yield
        return
    model.max_seq_length = max_length
    try:
        yield
    finally:
        model.max_seq_length = before
