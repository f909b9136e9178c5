"""The chat template: how a prompt and its answer become tokens, in training as in serving."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from littlegiants.errors import BadInput
from littlegiants.plain_chat_template import PLAIN_TEMPLATE

Message = dict[str, str]

PADDINGS = (
    "<|endoftext|>",
    "<|padding|>",
    "<|finetune_right_pad_id|>",
    "<|reserved_special_token_0|>",
    "<pad>",
    "[PAD]",
    "<unk>",
)
"""Tokens that may pad, the first that the vocabulary has."""


def training_tokenizer(base: Path) -> PreTrainedTokenizerBase:
    """The tokenizer in `base`, with a chat template and a padding token.

    The end of text pads only where the vocabulary has no other token for it (GPT-2). It is learned
    all the same: the collators mask what they have added, whichever token it is (trl 1.16).
    Raises BadInput when no token can pad.
    """
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(base)
    tokenizer.chat_template = tokenizer.chat_template or PLAIN_TEMPLATE
    if tokenizer.pad_token in (None, tokenizer.eos_token):
        tokenizer.pad_token = _padding(tokenizer, base)
    return tokenizer


def _padding(tokenizer: PreTrainedTokenizerBase, base: Path) -> str:
    vocabulary = tokenizer.get_vocab()
    for token in PADDINGS:
        if token in vocabulary and token != tokenizer.eos_token:
            return token
    if tokenizer.eos_token is None:
        raise BadInput(
            f"base {base}: its tokenizer has neither a padding nor an end-of-text token; "
            "name them as pad_token and eos_token in tokenizer_config.json"
        )
    return str(tokenizer.eos_token)


def user(prompt: str) -> list[Message]:
    """`prompt` as the one message that a generator is sent."""
    return [{"role": "user", "content": prompt}]


def assistant(answer: str) -> list[Message]:
    """`answer` as the one message that a generator gives."""
    return [{"role": "assistant", "content": answer}]


def fitting(
    conversations: Sequence[dict[str, Any]],
    tokenizer: PreTrainedTokenizerBase,
    *,
    answers: Sequence[str],
    max_length: int,
) -> tuple[list[dict[str, Any]], int]:
    """The conversations that have at most `max_length` tokens with each of their `answers`.

    Also the most tokens that one of these has. Raises BadInput when none fits.
    """
    counts = [
        max(_token_count(row["prompt"] + row[answer], tokenizer) for answer in answers)
        for row in conversations
    ]
    kept = [row for row, count in zip(conversations, counts, strict=True) if count <= max_length]
    if not kept:
        raise BadInput(
            f"max_length: none of {len(conversations)} rows fits into {max_length} tokens; raise it"
        )
    return kept, max(count for count in counts if count <= max_length)


def _token_count(messages: list[Message], tokenizer: PreTrainedTokenizerBase) -> int:
    return len(tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False))
