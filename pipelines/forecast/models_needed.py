"""Which models of a recipe a run loads itself; a bought teacher is none of them."""

from pipelines.cli.step_flags import LOCAL
from pipelines.recipe.recipe import Recipe


def models_needed(recipe: Recipe, teacher: str) -> dict[str, str]:
    """Each model that a run with its teacher at `teacher` loads, and the field that names it."""
    fields = ["generator", "embedder", "scorer", *(["teacher"] if teacher == LOCAL else [])]
    found: dict[str, str] = {}
    for field in fields:
        found.setdefault(getattr(recipe.models, field), f"models.{field}")
    return found
