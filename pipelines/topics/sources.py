"""Where a recipe's topics come from."""

from pipelines.recipe.recipe import Recipe
from pipelines.topics.topics import read_topics, shipped_topics, truncate

SHIPPED, GROWN = "shipped", "grown"


def is_grown(recipe: Recipe) -> bool:
    """Whether the teacher names the topics."""
    return recipe.topics.source == GROWN


def topics_field(recipe: Recipe) -> str:
    """The field that names where given topics are: chosen from, or what others grow from."""
    return "roots" if is_grown(recipe) else "source"


def given_topics(recipe: Recipe) -> list[str]:
    """Every topic there, as it is used: deep paths cut, each once.

    Raises BadInput naming file, line and remedy.
    """
    source = getattr(recipe.topics, topics_field(recipe))
    paths = shipped_topics() if source == SHIPPED else read_topics(source)
    return list(dict.fromkeys(map(truncate, paths)))
