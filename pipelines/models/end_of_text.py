"""A tokenizer that closes each text with its end-of-text token, however it begins one."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.processors import PostProcessor
from transformers import PreTrainedTokenizerBase, TokenizersBackend

from littlegiants.errors import BadInput

Rules = dict[str, Any]
"""A post-processor as it stands in tokenizer.json."""

TEMPLATE = "TemplateProcessing"
BARE: Rules = {
    "type": TEMPLATE,
    "single": [{"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
    "special_tokens": {},
}
"""Adds nothing to a text."""


def closing(tokenizer: PreTrainedTokenizerBase, base: Path) -> PreTrainedTokenizerBase:
    """`tokenizer`, ending each text, a cut or an empty one too, with its end-of-text token.

    One that ends texts with a special token of its own, as BERT's does, is returned as it is.
    Raises BadInput when `tokenizer` cannot be made to.
    """
    if _closes(tokenizer):
        return tokenizer
    if tokenizer.eos_token is None:
        raise BadInput(
            f"base {base}: its tokenizer has no end-of-text token; "
            "name one as eos_token in tokenizer_config.json"
        )
    closed = _with_post_processor(tokenizer, base)
    if not _closes(closed):
        raise BadInput(f"base {base}: its tokenizer cannot append {tokenizer.eos_token} to a text")
    return closed


def _closes(tokenizer: PreTrainedTokenizerBase) -> bool:
    ends = {tokenizer.eos_token_id, tokenizer.sep_token_id} - {None}
    texts = ("", "a text of many words")
    read = [tokenizer(text, truncation=True, max_length=3)["input_ids"] for text in texts]
    return all(ids and ids[-1] in ends for ids in read)


def _with_post_processor(tokenizer: PreTrainedTokenizerBase, base: Path) -> PreTrainedTokenizerBase:
    backend: Tokenizer | None = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise BadInput(f"base {base}: it has no tokenizer.json; convert its tokenizer to one")
    end = {"id": tokenizer.eos_token, "ids": [tokenizer.eos_token_id]}
    rules = json.loads(backend.to_str())["post_processor"]
    backend.post_processor = _processor(_with_end(rules, {**end, "tokens": [tokenizer.eos_token]}))
    # A class of one model family may write rules of its own over those of tokenizer.json when it is
    # loaded (transformers 5.19: GPTNeoXTokenizer); the plain class takes them as they stand.
    return TokenizersBackend(
        tokenizer_object=backend,
        padding_side=tokenizer.padding_side,
        model_max_length=tokenizer.model_max_length,
        model_input_names=["input_ids", "attention_mask"],
        **tokenizer.special_tokens_map,
    )


def _with_end(rules: Rules | None, end: Rules) -> Rules:
    """`rules` with the special token `end` after each text."""
    steps: list[Rules] = [rules] if rules else []
    if rules and rules["type"] == "Sequence":
        steps = list(rules["processors"])
    # the library applies one template of a sequence (tokenizers 0.22), so `end` goes into it
    if not any(step["type"] == TEMPLATE for step in steps):
        steps.append(BARE)
    ended = [_ended(step, end) if step["type"] == TEMPLATE else step for step in steps]
    return {"type": "Sequence", "processors": ended}


def _ended(template: Rules, end: Rules) -> Rules:
    return {
        **template,
        "single": [*template["single"], _piece(end, 0)],
        "pair": [*template["pair"], _piece(end, 1)],
        "special_tokens": {**template["special_tokens"], end["id"]: end},
    }


def _piece(token: Rules, type_id: int) -> Rules:
    return {"SpecialToken": {"id": token["id"], "type_id": type_id}}


def _processor(rules: Rules) -> PostProcessor:
    """The library's object: it reads rules only as a part of a tokenizer."""
    whole = json.loads(Tokenizer(BPE()).to_str())
    return Tokenizer.from_str(json.dumps({**whole, "post_processor": rules})).post_processor
