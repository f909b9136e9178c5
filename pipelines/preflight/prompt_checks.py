"""What will be asked of the generators, and how their texts are looked at: told before it is."""

from collections.abc import Iterator

from littlegiants.errors import BadInput
from pipelines.curation.language_names import languages_named
from pipelines.data.own_templates import read_templates, template_faults
from pipelines.preflight.findings import (
    ONLY_THERE,
    Check,
    Finding,
    Note,
    Problem,
    Start,
    is_only_there,
    problem_of,
)


def language_is_known(start: Start) -> Iterator[Finding]:
    """A language that is not known cannot be looked at."""
    recipe = start.recipe
    if recipe.curate.language and not languages_named(recipe.language):
        yield Note(
            f"curate.language: {recipe.language!r} is not known; rows are not "
            "dropped for it (give the language's English name or its code)"
        )


def templates_fit_their_slots(start: Start) -> Iterator[Finding]:
    """Every slot that is drawn has a place in its template, and every place a slot; a question to
    the teacher has all that it needs.
    """
    recipe = start.recipe
    if recipe.templates and is_only_there(start, recipe.templates):
        yield Note(f"templates: {recipe.templates} {ONLY_THERE}")
        return
    try:
        templates = read_templates(recipe)
    except BadInput as error:
        yield problem_of(error)
        return
    yield from map(Problem, template_faults(recipe, templates))


PROMPT_CHECKS: tuple[Check, ...] = (language_is_known, templates_fit_their_slots)
