"""Which adapters a generator serves: the same rules where one is trained and where it is loaded.

An adapter is a folder: peft's two files, and `base.json` that names the base's tensors.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.tensors import Shapes, tensor_shapes
from littlegiants.weights import ADAPTER_CONFIG, SAFETENSORS, file_digest, files_digest

CONFIG, TENSORS, BASE = ADAPTER_CONFIG, "adapter_model.safetensors", "base.json"
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Highest ranks that a server can be started with."""
HIGHEST_RANK = RANKS[-1]
PREFIX = "base_model.model."
LAYERS = (
    *("q_proj", "k_proj", "v_proj", "qkv_proj", "o_proj"),
    *("gate_proj", "up_proj", "gate_up_proj", "down_proj"),
)
"""Layers that a served adapter may change: those of attention and between, in Llama's names."""
PLAIN_STARTS = frozenset({"gaussian", "eva", "orthogonal", "mica", "lora_ga"})
"""Ways to begin training that leave the base's own weights alone."""


@dataclass(frozen=True, slots=True)
class Base:
    """The model that adapters are for: the digest and the shapes of its tensors."""

    digest: str
    shapes: Shapes


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter's configuration, the shapes of its tensors and its base's, and what is served."""

    config: Mapping[str, Any]
    shapes: Shapes
    base_shapes: Shapes
    max_rank: int


Rule = Callable[[Adapter], bool]


def is_a_lora(adapter: Adapter) -> bool:
    """Other kinds of adapter are not served."""
    return adapter.config.get("peft_type") == "LORA"


def has_a_rank_that_is_served(adapter: Adapter) -> bool:
    """The rank, also of single layers, is at most that of the server."""
    ranks = [adapter.config.get("r"), *(adapter.config.get("rank_pattern") or {}).values()]
    return all(type(rank) is int and 0 < rank <= adapter.max_rank for rank in ranks)


def is_not_weight_decomposed(adapter: Adapter) -> bool:
    """DoRA."""
    return not adapter.config.get("use_dora")


def has_no_bias(adapter: Adapter) -> bool:
    """Neither the layers' biases nor the adapter's own."""
    return adapter.config.get("bias", "none") == "none" and not adapter.config.get("lora_bias")


def keeps_no_other_modules(adapter: Adapter) -> bool:
    """No heads or embeddings beside the adapter."""
    other = ("modules_to_save", "trainable_token_indices", "target_parameters")
    return not any(adapter.config.get(name) for name in other)


def starts_from_the_plain_base(adapter: Adapter) -> bool:
    """PiSSA, OLoRA, CorDA and LoftQ change the base's weights."""
    start = adapter.config.get("init_lora_weights", True)
    return not isinstance(start, str) or start.lower() in PLAIN_STARTS


def is_always_active(adapter: Adapter) -> bool:
    """Activated LoRA (aLoRA) begins in the middle of a text."""
    return not adapter.config.get("alora_invocation_tokens")


def repeats_no_layers(adapter: Adapter) -> bool:
    """Layer replication makes another model."""
    return not adapter.config.get("layer_replication")


def is_made_of_whole_matrices(adapter: Adapter) -> bool:
    """Neither block-diagonal nor quantization-aware."""
    return not any(adapter.config.get(name) for name in ("use_bdlora", "use_qalora"))


def changes_only_what_the_base_has(adapter: Adapter) -> bool:
    """A tensor that matches no layer would be left out without a word."""
    return bool(adapter.shapes) and all(
        _matches(name, shape, adapter.base_shapes) for name, shape in adapter.shapes.items()
    )


def leaves_head_and_embeddings_alone(adapter: Adapter) -> bool:
    """Engines are started for LAYERS: others are left out, and an adapted head cannot score."""
    return all(name.rpartition(".lora_")[0].endswith(LAYERS) for name in adapter.shapes)


RULES: tuple[Rule, ...] = (
    is_a_lora,
    has_a_rank_that_is_served,
    is_not_weight_decomposed,
    has_no_bias,
    keeps_no_other_modules,
    starts_from_the_plain_base,
    is_always_active,
    repeats_no_layers,
    is_made_of_whole_matrices,
    changes_only_what_the_base_has,
    leaves_head_and_embeddings_alone,
)


def broken_rules(adapter: Adapter) -> tuple[str, ...]:
    """Names of the rules that `adapter` breaks; empty means that it can be served."""
    return tuple(rule.__name__ for rule in RULES if not rule(adapter))


def served_rank(rank: int) -> int:
    """The least of RANKS that adapters of `rank` fit into."""
    return next(highest for highest in RANKS if rank <= highest)


def read_base(folder: Path) -> Base:
    """The base in `folder`, every byte of which is read.

    Raises BadInput when there is none.
    """
    files = sorted(folder.glob(f"*{SAFETENSORS}"))
    digest = files_digest({file.name: file_digest(file) for file in files})
    return Base(digest, tensor_shapes(folder))


def base_note(base: Base) -> str:
    """The text of an adapter's `base.json`."""
    return json.dumps({"tensors_digest": base.digest})


def check_adapter(folder: Path, base: Base, *, max_rank: int = HIGHEST_RANK) -> None:
    """Check that the adapter in `folder` can be served on `base`.

    Raises BadInput naming the rules that it breaks, or the base that it was made for.
    """
    if not (folder / CONFIG).exists():
        raise BadInput(
            f"{CONFIG}: not there, so these are weights of a whole model, and this server serves "
            "adapters; promote them with the recipe's weights.form adapter"
        )
    config, made_for = _fields(folder / CONFIG), _fields(folder / BASE).get("tensors_digest")
    if made_for != base.digest:
        raise BadInput(
            f"{BASE}: the adapter is for base {made_for}, this one is {base.digest}; "
            "serve it on its own base"
        )
    adapter = Adapter(config, tensor_shapes(folder), base.shapes, max_rank)
    if broken := broken_rules(adapter):
        raise BadInput(
            f"adapter: not {', '.join(broken)} (the highest rank is {max_rank}); "
            "train it otherwise or serve merged weights"
        )


def _matches(name: str, shape: tuple[int, ...], base: Shapes) -> bool:
    layer, _, part = name.removeprefix(PREFIX).rpartition(".lora_")
    matrix = base.get(f"{layer}.weight", ())
    if len(matrix) != 2 or len(shape) != 2 or not name.startswith(PREFIX):
        return False
    return (part == "A.weight" and shape[1] == matrix[1]) or (
        part == "B.weight" and shape[0] == matrix[0]
    )


def _fields(file: Path) -> dict[str, Any]:
    try:
        fields = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{file.name}: cannot be read: {error}; promote the adapter again"
        ) from error
    if not isinstance(fields, dict):
        raise BadInput(f"{file.name}: must be an object of fields; promote the adapter again")
    return fields
