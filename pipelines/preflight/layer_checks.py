"""Whether a model has the layers to train and the positions to read: told before it is paid."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.tensors import tensor_shapes
from pipelines.cli.step_flags import LOCAL
from pipelines.preflight.findings import Finding, Problem, Start

TRAINED: Mapping[str, str] = {
    "junior": "generator",
    "senior": "generator",
    "revisor": "generator",
    "embedder": "embedder",
}
POSITIONS = ("max_position_embeddings", "n_positions")
"""What configs of Llama, Mistral, Qwen and GPT-NeoX, and of GPT-2, call them."""
SCALED = ("rope_scaling", "rope_parameters")


def models_have_the_layers_to_train(start: Start) -> Iterator[Finding]:
    """Of models in folders; of others the training tells."""
    recipe = start.recipe
    for role, model in TRAINED.items():
        folder = Path(getattr(recipe.models, model))
        wanted = getattr(recipe, role).lora.target_modules
        layers = layers_of(folder)
        if layers and not layers.intersection(wanted):
            yield Problem(
                f"{role}.lora.target_modules: models.{model} ({folder}) has no layer "
                f"{', '.join(wanted)}; name some of {', '.join(sorted(layers))}"
            )


def layers_of(folder: Path) -> set[str]:
    """The ends of the names of the model's matrices; nothing where the folder holds none."""
    try:
        shapes = tensor_shapes(folder) if folder.is_dir() else {}
    except BadInput:  # another check says so
        return set()
    matrices = [name for name, shape in shapes.items() if len(shape) == 2]
    inner = [name for name in matrices if any(part.isdigit() for part in name.split("."))]
    return {name.removesuffix(".weight").rpartition(".")[2] for name in inner}


def models_have_the_positions_to_read(start: Start) -> Iterator[Finding]:
    """Of models whose config can be read from here and says that it stretches no positions."""
    recipe = start.recipe
    asked = {
        f"{role}.max_length": (model, getattr(recipe, role).max_length)
        for role, model in TRAINED.items()
    }
    if start.generators == LOCAL:
        asked["serving.max_model_len"] = ("generator", recipe.serving.max_model_len)
    references = {model: getattr(recipe.models, model) for model in set(TRAINED.values())}
    positions = {model: positions_of(reference) for model, reference in references.items()}
    for field, (model, wanted) in asked.items():
        reference, there = references[model], positions[model]
        if there is not None and wanted > there:
            yield Problem(
                f"{field}: {wanted}, but models.{model} ({reference}) has {there} positions; "
                f"ask for at most {there}, or choose a model of more"
            )


def positions_of(reference: str) -> int | None:
    """How many tokens the model reads at most; None where that cannot be told from here."""
    config = _config(reference)
    ropes = [config.get(name) or {} for name in SCALED]
    if any(each.get("rope_type", each.get("type", "default")) != "default" for each in ropes):
        return None
    return next((config[name] for name in POSITIONS if isinstance(config.get(name), int)), None)


def _config(reference: str) -> dict[str, Any]:
    origin, _, name = reference.partition(":")
    file = Path(reference) / "config.json"
    with suppress(OSError, ValueError):  # another check says so
        if origin == "hf":
            from huggingface_hub import hf_hub_download

            file = Path(hf_hub_download(name, "config.json"))
        return dict(json.loads(file.read_text("utf-8")))
    return {}
