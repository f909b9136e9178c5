"""A model of two small layers and random weights in the architecture of a large one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub import errors, snapshot_download
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedConfig

from littlegiants.errors import BadInput, Unavailable
from littlegiants.plain_chat_template import PLAIN_TEMPLATE
from pipelines.models.model_folders import resolve_model
from pipelines.models.tokenizer_forms import FORMS
from pipelines.storage.atomic_writes import whole_folder

KEPT_FILES = ("*.json", "*.jinja", "*.txt", "*.model", "*/config.json")
"""Of a model's repository: all but its weights."""
LAYERS, WIDTH, HEAD_WIDTH = 2, 64, 32
"""The head's is the least that vLLM's attention on CPUs knows."""
MOST_KEY_HEADS = 2
ANSWER_S = 5
"""The hub is waited for so long."""

FAMILIES: dict[str, Callable[[], PreTrainedConfig]] = {
    "llama-3": lambda: transformers.LlamaConfig(
        num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=8192
    ),
    "mistral": lambda: transformers.MistralConfig(
        num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=32768
    ),
    "qwen": lambda: transformers.Qwen3Config(num_attention_heads=32, num_key_value_heads=8),
    "gpt-2": transformers.GPT2Config,
    "pythia": transformers.GPTNeoXConfig,
}
"""The published shapes of the families, as far as they outlive the shrinking."""


def tiny_of_folder(source: Path, out: Path) -> Path:
    """The model whose config and tokenizer lie in `source`, made tiny, in the folder `out`."""
    config = shrunk(AutoConfig.from_pretrained(source))
    with whole_folder(out) as folder:
        for pattern in KEPT_FILES:
            for file in source.glob(pattern):
                if ".index." not in file.name:
                    target = folder / file.relative_to(source)
                    target.parent.mkdir(exist_ok=True)
                    shutil.copyfile(file, target)
        _narrow_pooling(folder, config.hidden_size)
        _save_random(getattr(transformers, config.architectures[0]), config, folder)
    return out


def tiny_of_family(family: str, out: Path, *, has_template: bool = False) -> Path:
    """A tiny model of `family` with a tokenizer in the family's form, in the folder `out`."""
    tokenizer = FORMS[family]()
    if has_template and not tokenizer.chat_template:
        tokenizer.chat_template = PLAIN_TEMPLATE
    config = shrunk(FAMILIES[family]())
    config.vocab_size = len(tokenizer)
    for name in ("bos", "eos", "pad"):
        setattr(config, f"{name}_token_id", getattr(tokenizer, f"{name}_token_id"))
    with whole_folder(out) as folder:
        tokenizer.save_pretrained(folder)
        _save_random(AutoModelForCausalLM.from_config, config, folder)
    return out


def shrunk(config: PreTrainedConfig) -> PreTrainedConfig:
    """`config` with few, narrow layers; vocabulary, positions and heads a key head stay."""
    heads = config.num_attention_heads
    key_heads = getattr(config, "num_key_value_heads", None) or heads
    kept = min(key_heads, MOST_KEY_HEADS)
    config.num_attention_heads = kept * heads // key_heads
    if hasattr(config, "num_key_value_heads"):
        config.num_key_value_heads = kept
    is_free = hasattr(config, "head_dim") and WIDTH % config.num_attention_heads == 0
    config.hidden_size = WIDTH if is_free else config.num_attention_heads * HEAD_WIDTH
    if hasattr(config, "head_dim"):
        config.head_dim = HEAD_WIDTH
    if hasattr(config, "intermediate_size"):
        config.intermediate_size = 2 * WIDTH
    config.num_hidden_layers = LAYERS
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:LAYERS]
    return config


def _save_random(make: Callable[..., Any], config: PreTrainedConfig, folder: Path) -> None:
    transformers.utils.logging.disable_progress_bar()
    torch.manual_seed(0)
    make(config).to(torch.bfloat16).save_pretrained(folder)


def _narrow_pooling(folder: Path, width: int) -> None:
    """A sentence-transformers folder says in its pooling how wide its vectors are."""
    for file in folder.glob("*/config.json"):
        fields = json.loads(file.read_text("utf-8"))
        wide = {key: width for key in fields if key.endswith("embedding_dimension")}
        file.write_text(json.dumps(fields | wide), "utf-8")


def own_files(reference: str, cache: Path) -> Path:
    """A folder with the config and the tokenizer of `reference`, from the hub without its weights.

    Raises Unavailable or BadInput when they are not to be had.
    """
    origin, _, name = reference.partition(":")
    if origin != "hf":
        return resolve_model(reference, cache)
    try:
        patterns = list(KEPT_FILES)
        folder = Path(snapshot_download(name, allow_patterns=patterns, etag_timeout=ANSWER_S))
    except (errors.HfHubHTTPError, errors.HFValidationError, OSError) as error:
        raise Unavailable("the hub does not give its config") from error
    if not (folder / "config.json").is_file():
        raise BadInput("its repository has no config.json")
    return folder
