"""What an embedder is told of each evaluation task: a table of sentences by the task's name."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from littlegiants.errors import BadInput

SHIPPED: Mapping[str, str] = {"e5": "e5_instructions.yaml"}
"""Tables that come with the product, by what a recipe calls them."""


def instruction_table(reference: str) -> dict[str, str]:
    """The table that `evaluate.instructions` names; an empty one when it names none.

    Raises BadInput when it is no YAML mapping of task names to sentences.
    """
    if not reference:
        return {}
    field = f"evaluate.instructions: {reference}"
    try:
        fields = yaml.safe_load(_text(reference))
    except OSError as error:
        known = ", ".join(SHIPPED)
        raise BadInput(f"{field}: {error.strerror}; name {known} or a YAML file") from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise BadInput(f"{field}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(fields, dict) or not all(map(_is_sentence, fields.items())):
        raise BadInput(f"{field}: must be lines of TASK: sentence, the task by mteb's name")
    return fields


def _text(reference: str) -> str:
    if reference in SHIPPED:
        return files("pipelines.evaluation").joinpath(SHIPPED[reference]).read_text("utf-8")
    return Path(reference).read_text("utf-8")


def _is_sentence(item: tuple[Any, Any]) -> bool:
    return all(isinstance(each, str) and each.strip() for each in item)
