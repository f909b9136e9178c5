"""Tokenizers in the form of well-known families, made here without a network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from sentencepiece import SentencePieceProcessor
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer
from transformers import LlamaTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast
from transformers.tokenization_utils_base import generate_merges

from littlegiants.errors import BadInput
from littlegiants.plain_chat_template import PLAIN_TEMPLATE

END = "<|endoftext|>"
VOCABULARY = 4096
LLAMA_3_WORDS = Regex(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How Llama 3 cuts a text before it merges bytes; Qwen 2 differs in digits alone."""


@dataclass(frozen=True, slots=True)
class ByteLevelForm:
    """What tells byte-level tokenizers apart once their vocabulary is left aside."""

    special: Sequence[str]
    end: str = END
    beginning: str | None = None
    """Put before each text by the post-processor."""
    padding: str | None = None
    has_template: bool = False


LLAMA_3 = ByteLevelForm(
    special=(
        *("<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>"),
        *("<|reserved_special_token_1|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    ),
    beginning="<|begin_of_text|>",
    end="<|end_of_text|>",
)
QWEN = ByteLevelForm((END, "<|im_start|>", "<|im_end|>"), padding=END, has_template=True)
GPT_2 = ByteLevelForm((END,))
PYTHIA = ByteLevelForm((END, "<|padding|>"))


def byte_level(form: ByteLevelForm) -> PreTrainedTokenizerBase:
    """A small vocabulary, learned from the product's own prompts and topics, in that form."""
    inner = Tokenizer(models.BPE())
    inner.normalizer = normalizers.NFC() if form.padding else None
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(LLAMA_3_WORDS, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    inner.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(form.special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(_own_texts(), trainer)
    inner.post_processor = _post_processor(form, inner)
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token=form.beginning or form.end,
        eos_token=form.end,
        pad_token=form.padding,
        chat_template=PLAIN_TEMPLATE if form.has_template else None,
    )


def _post_processor(form: ByteLevelForm, inner: Tokenizer) -> processors.PostProcessor:
    plain = processors.ByteLevel(trim_offsets=False)
    if form.beginning is None:
        return plain
    template = processors.TemplateProcessing(
        single=f"{form.beginning} $A",
        pair=f"{form.beginning} $A {form.beginning}:1 $B:1",
        special_tokens=[(form.beginning, inner.token_to_id(form.beginning))],
    )
    return processors.Sequence([plain, template])


def _own_texts() -> list[str]:
    templates = files("littlegiants").joinpath("templates").iterdir()
    topics = files("pipelines").joinpath("topics/topics.txt")
    return [*sorted(each.read_text("utf-8") for each in templates), topics.read_text("utf-8")]


def mistral() -> PreTrainedTokenizerBase:
    """Mistral 7B v0.1's own vocabulary, which the package mistral_common ships."""
    spec = find_spec("mistral_common")
    if spec is None or spec.origin is None:
        raise BadInput("model: its tokenizer's package is missing; run pip install mistral_common")
    pieces = SentencePieceProcessor(
        model_file=str(Path(spec.origin).parent / "data/tokenizer.model.v1")
    )
    names = [pieces.id_to_piece(index) for index in range(len(pieces))]
    scores = {name: pieces.get_score(index) for index, name in enumerate(names)}
    vocabulary = {name: index for index, name in enumerate(names)}
    return LlamaTokenizer(
        vocab=vocabulary, merges=generate_merges(vocabulary, scores), add_bos_token=True
    )


FORMS: dict[str, Callable[[], PreTrainedTokenizerBase]] = {
    "llama-3": lambda: byte_level(LLAMA_3),
    "mistral": mistral,
    "qwen": lambda: byte_level(QWEN),
    "gpt-2": lambda: byte_level(GPT_2),
    "pythia": lambda: byte_level(PYTHIA),
}
"""Makes a tokenizer, by family."""
