"""Prompt templates of one's own: a folder of synthesize_KIND.txt that a recipe names."""

import string
from collections.abc import Iterator, Mapping

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.kinds import ABSENT, SPECS, Kind, slots_of
from littlegiants.optional_slots import OPTIONAL
from littlegiants.prompts import GUIDELINE, Template, synthesis_template
from pipelines.recipe.recipe import Recipe

FILES = {f"synthesize_{kind}.txt": kind for kind in Kind}
OF_THE_TASK = frozenset({"task", "topic", "language"})


def own_templates(recipe: Recipe) -> Mapping[Kind, str]:
    """The text of each template that the recipe's folder has; none without a folder.

    Raises BadInput when the folder cannot be read, has another file, or none at all.
    """
    if not recipe.templates:
        return {}
    try:
        files = {file.name: file for file in UPath(recipe.templates).iterdir() if _counts(file)}
        texts = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"templates: {recipe.templates}: cannot be read: {error}") from error
    if others := texts.keys() - FILES.keys() or (not texts and {"no file"}):
        raise BadInput(
            f"templates: {recipe.templates}: has {', '.join(sorted(others))}; name each file as "
            f"one of {', '.join(FILES)}"
        )
    if empty := [name for name, text in sorted(texts.items()) if not text.strip()]:
        raise BadInput(f"templates: {recipe.templates}: {', '.join(empty)} is empty; write it")
    return {FILES[name]: text for name, text in sorted(texts.items())}


def _counts(file: UPath) -> bool:
    return not file.name.startswith(".")


def template_faults(recipe: Recipe, templates: Mapping[Kind, str]) -> Iterator[str]:
    """A slot that is drawn and has no place, a place without a slot; the field first."""
    for kind in Kind:
        own = templates.get(kind)
        template = Template(f"synthesize_{kind}.txt", own) if own else synthesis_template(kind)
        if own:
            yield from (f"templates: {template.name}: {fault}" for fault in _faults(kind, own))
        slots = slots_of(kind, recipe.slots.get(kind))
        drawn = {name for name, choices in slots.items() if _is_ever_said(choices)}
        always = {name for name in drawn if not slots[name].get(ABSENT)} | OF_THE_TASK
        known = slots.keys() | OPTIONAL[kind].keys()
        for name in sorted((_stuck(template) & known) - always):
            yield (
                f"templates: {template.name}: ${name} may be absent; begin its line with "
                f"'{GUIDELINE}', so that it can be left out"
            )
        for name in sorted(drawn - template.slots):
            yield (
                f"slots.{kind}.{name}: is not in the template; write ${name} into your own "
                f"{template.name} (`templates`), or turn it off with {{'': 1}}"
            )
        for name in sorted(template.slots - slots.keys() - OF_THE_TASK - OPTIONAL[kind].keys()):
            yield f"templates: {template.name}: ${name} has no values; add slots.{kind}.{name}"


def _is_ever_said(choices: Mapping[str, float]) -> bool:
    return any(weight for choice, weight in choices.items() if choice != ABSENT)


def _stuck(template: Template) -> frozenset[str]:
    """Slots on lines that are never left out."""
    lines = template.text.strip().splitlines()
    kept = "\n".join(line for line in lines if not line.startswith(GUIDELINE))
    return Template(template.name, kept).slots


def _faults(kind: Kind, text: str) -> Iterator[str]:
    if not string.Template(text).is_valid():
        yield "a $ that begins no slot; write $$ for the sign itself"
    for field in SPECS[kind].fields:
        if f'"{field.key}"' not in text:
            yield f'does not name the key "{field.key}" that an answer must have'
