"""A decoder read as an embedder: the state of its last token, which is the end-of-text token."""

from pathlib import Path
from typing import Any

from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers.processors import Sequence, TemplateProcessing
from transformers import PreTrainedTokenizerBase

from littlegiants.errors import BadInput
from pipelines.training.chat import training_tokenizer
from pipelines.training.settings import EmbedSettings

BARE_TEXT = {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}
"""Texts are read as they are; left to itself, the library wraps them into a chat template."""


def base_embedder(base: Path, settings: EmbedSettings) -> SentenceTransformer:
    """The untrained embedder over `base`: what training starts from, and what it is compared with.

    A folder that already is a sentence-transformers model keeps its own pooling.
    """
    arguments = {"dtype": settings.dtype}
    if (base / "modules.json").is_file():
        model = SentenceTransformer(str(base), model_kwargs=arguments)
        model.max_seq_length = settings.max_length
        return model
    transformer = Transformer(
        str(base),
        max_seq_length=settings.max_length,
        model_kwargs=arguments,
        processor_kwargs={"padding_side": "left"},
        modality_config=BARE_TEXT,
        module_output_name="token_embeddings",
    )
    transformer.tokenizer.chat_template = None
    transformer.tokenizer.pad_token = training_tokenizer(base).pad_token
    end_with_eos(transformer.tokenizer, base)
    dimension = transformer.get_embedding_dimension()
    return SentenceTransformer(
        modules=[transformer, Pooling(dimension, pooling_mode="lasttoken"), Normalize()]
    )


def end_with_eos(tokenizer: PreTrainedTokenizerBase, base: Path) -> None:
    """Make `tokenizer` close each text, a cut one too, with its end-of-text token.

    Raises BadInput when it does not.
    """
    backend = tokenizer.backend_tokenizer
    eos = str(tokenizer.eos_token)
    closing = TemplateProcessing(single=f"$A {eos}", special_tokens=[(eos, tokenizer.eos_token_id)])
    if tokenizer("text")["input_ids"][-1] != tokenizer.eos_token_id:
        before = [backend.post_processor] if backend.post_processor else []
        backend.post_processor = Sequence([*before, closing])
    cut = tokenizer("a long text", truncation=True, max_length=3)["input_ids"]
    if cut[-1] != tokenizer.eos_token_id:
        raise BadInput(f"base {base}: its tokenizer cannot append {eos} to a text")


def backbone_of(model: SentenceTransformer) -> Any:
    """The transformers model under `model`."""
    return model[0].model
