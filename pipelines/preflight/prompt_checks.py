"""What will be asked of the generators, and how their texts are looked at: told before it is."""

from collections.abc import Iterator

from pipelines.curation.languages import scripts_of
from pipelines.preflight.findings import Check, Finding, Note, Start


def language_is_known(start: Start) -> Iterator[Finding]:
    """A language whose script is not known cannot be looked at."""
    recipe = start.recipe
    if recipe.curate.language and not scripts_of(recipe.language):
        yield Note(
            f"curate.language: the script of {recipe.language!r} is not known; rows are not "
            "dropped for it (give the language's English name or its code)"
        )


PROMPT_CHECKS: tuple[Check, ...] = (language_is_known,)
