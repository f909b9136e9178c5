"""Whether a model has the layers that its adapters change: told before anything is paid."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from littlegiants.errors import BadInput
from littlegiants.tensors import tensor_shapes
from pipelines.preflight.findings import Finding, Problem, Start

TRAINED: Mapping[str, str] = {
    "junior": "generator",
    "senior": "generator",
    "revisor": "generator",
    "embedder": "embedder",
}


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
