"""Tiny random base models, each with a tokenizer in the form of a family that people start from."""

import json
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

SIZES = {
    "vocab_size": 400,
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 256,
}
VOCABULARY = 300
CORPUS = ("hello world and all the rest of it, ### Answer: one two three four five six seven",)
BYTES = processors.ByteLevel(trim_offsets=False)


@dataclass(frozen=True, slots=True)
class Form:
    """A family's special tokens, by their meaning, and what its post-processor does with them."""

    model_type: str
    tokenizer_class: str
    named: dict[str, str]
    template: str = ""
    """The post-processor's; none by default."""
    byte_level: bool = False
    """Whether the post-processor adjusts offsets of bytes, too."""
    other: tuple[str, ...] = ()
    """Special tokens that mean nothing yet."""
    padding: str = ""
    """The token that pads in training."""


ENGLISH = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}
SENTENCEPIECE = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
FORMS = {
    "mistral": Form(
        "mistral", "LlamaTokenizerFast", SENTENCEPIECE, template="<s> $A", padding="<unk>"
    ),
    "llama-2": Form("llama", "LlamaTokenizer", SENTENCEPIECE, template="<s> $A", padding="<unk>"),
    "llama-3": Form(
        "llama",
        "PreTrainedTokenizerFast",
        {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"},
        template="<|begin_of_text|> $A",
        byte_level=True,
        other=("<|reserved_special_token_0|>",),
        padding="<|reserved_special_token_0|>",
    ),
    "qwen": Form(
        "qwen2",
        "Qwen2Tokenizer",
        {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
        byte_level=True,
        padding="<|endoftext|>",
    ),
    "qwen-base": Form(
        "qwen2",
        "Qwen2Tokenizer",
        {"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"},
        byte_level=True,
        padding="<|endoftext|>",
    ),
    "pythia": Form(
        "gpt_neox",
        "GPTNeoXTokenizer",
        ENGLISH,
        byte_level=True,
        other=("<|padding|>",),
        padding="<|padding|>",
    ),
    "gpt-2": Form("gpt2", "GPT2Tokenizer", ENGLISH, padding="<|endoftext|>"),
    "bert": Form(
        "bert",
        "BertTokenizer",
        {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"},
        template="[CLS] $A [SEP]",
        padding="[PAD]",
    ),
}


def make_base(form: Form, folder: Path) -> Path:
    """Write model and tokenizer as the hub has them."""
    kind = AutoModel if form.model_type == "bert" else AutoModelForCausalLM
    kind.from_config(AutoConfig.for_model(form.model_type, **SIZES)).save_pretrained(folder)
    tokenizer = _trained(form)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"tokenizer_class": form.tokenizer_class, **form.named}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


def _trained(form: Form) -> Tokenizer:
    special = list(dict.fromkeys([*form.named.values(), *form.other]))
    if form.model_type == "bert":
        tokenizer = _word_pieces(special)
    elif form.named is SENTENCEPIECE:
        tokenizer = _sentence_pieces(special)
    else:
        tokenizer = _byte_pairs(special)
    tokenizer.post_processor = _post_processor(form, tokenizer)
    return tokenizer


def _word_pieces(special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=VOCABULARY, special_tokens=special)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def _sentence_pieces(special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    raw = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=370, special_tokens=[*special, *raw])
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def _byte_pairs(special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=special, initial_alphabet=alphabet
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def _post_processor(form: Form, tokenizer: Tokenizer) -> processors.PostProcessor | None:
    if not form.template:
        return BYTES if form.byte_level else None
    added = [(token, tokenizer.token_to_id(token)) for token in form.template.split()]
    template = processors.TemplateProcessing(
        single=form.template, special_tokens=[each for each in added if each[0] != "$A"]
    )
    return processors.Sequence([BYTES, template]) if form.byte_level else template
