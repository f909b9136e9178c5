"""A decoder read as an embedder: the state of its last token, the end of text, or their mean."""

from pathlib import Path
from typing import Any

from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import PreTrainedTokenizerBase

from pipelines.models.chat_template import training_tokenizer
from pipelines.models.devices import attention, computing
from pipelines.models.end_of_text import closing
from pipelines.recipe.training_sections import EmbedSettings

BARE_TEXT = {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}
"""Texts are read as they are; left to itself, the library wraps them into a chat template."""


def base_embedder(base: Path, settings: EmbedSettings) -> SentenceTransformer:
    """The untrained embedder over `base`: what training starts from, and what it is compared with.

    A folder that already is a sentence-transformers model keeps its own pooling.
    """
    dtype = computing(settings.dtype).dtype
    # with flash attention, sentence-transformers 6.2 lets texts follow each other without padding
    arguments = {"dtype": dtype, **attention(settings.attn_implementation, dtype)}
    if (base / "modules.json").is_file():
        model = SentenceTransformer(str(base), model_kwargs=arguments)
        model.max_seq_length = settings.max_length
        return model
    transformer = Transformer(
        str(base),
        max_seq_length=settings.max_length,
        model_kwargs=arguments,
        # sentence-transformers 6.2 pools the last token that is no padding wherever padding is, but
        # cuts a mini-batch of the cached loss to its own longest text only where padding is last
        processor_kwargs={"padding_side": "right"},
        modality_config=BARE_TEXT,
        module_output_name="token_embeddings",
    )
    transformer.processor = reading_tokenizer(transformer.tokenizer, base)
    dimension = transformer.get_embedding_dimension()
    return SentenceTransformer(
        modules=[transformer, Pooling(dimension, pooling_mode=settings.pooling), Normalize()]
    )


def reading_tokenizer(tokenizer: PreTrainedTokenizerBase, base: Path) -> PreTrainedTokenizerBase:
    """`tokenizer` as an embedder reads: no chat, the end of text last, which is the one pooled."""
    tokenizer.chat_template = None
    tokenizer.pad_token = training_tokenizer(base).pad_token
    return closing(tokenizer, base)


def backbone_of(model: SentenceTransformer) -> Any:
    """The transformers model under `model`."""
    return model[0].model
