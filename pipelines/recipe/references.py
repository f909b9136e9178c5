"""What a recipe is called by: a shipped name, a file, or its own text."""

from importlib.resources import files
from pathlib import Path

from littlegiants.errors import BadInput


def shipped_recipes() -> list[str]:
    """Names of the recipes that come with the product."""
    return sorted(
        path.name.removesuffix(".yaml")
        for path in files("pipelines.recipe").joinpath("recipes").iterdir()
    )


def text_and_changes(reference: str) -> tuple[str, list[str]]:
    """The YAML of a shipped name with the changes after it, of a file, or the text itself.

    Raises BadInput when it is none of these.
    """
    if "\n" in reference:
        return reference, []
    name, *changes = reference.split() or [""]
    if name in shipped_recipes():
        folder = files("pipelines.recipe").joinpath("recipes")
        return folder.joinpath(f"{name}.yaml").read_text("utf-8"), changes
    try:
        if Path(reference).is_file():
            return Path(reference).read_text("utf-8"), []
    except (OSError, ValueError) as error:
        raise BadInput(f"recipe {reference[:60]!r}: cannot be read: {error}") from error
    raise BadInput(
        f"recipe {reference!r}: no such file; shipped ones are {', '.join(shipped_recipes())}"
    )
