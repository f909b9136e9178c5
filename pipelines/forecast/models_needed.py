"""Which models of a recipe a run loads itself; a bought teacher is none of them."""

from pipelines.recipe import Recipe
from pipelines.step_flags import LOCAL


def models_needed(recipe: Recipe, teacher: str) -> list[str]:
    """References of the models that a run with its teacher at `teacher` loads, each once."""
    models = recipe.models
    found = [models.generator, models.embedder, models.scorer]
    return sorted({*found, models.teacher} if teacher == LOCAL else {*found})
