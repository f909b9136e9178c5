"""Prompt templates of one's own: a folder that a recipe names, with files as the shipped ones."""

import string
from collections.abc import Iterable, Iterator, Mapping

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.kinds import ABSENT, SPECS, Kind, slots_of
from littlegiants.optional_slots import OPTIONAL
from littlegiants.prompts import GUIDELINE, Template, synthesis_template, template
from pipelines.recipe.recipe import Recipe

QUESTIONS: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "widen": (frozenset({"topic", "count"}), ("topics",)),
    "brainstorm": (frozenset({"topic", "count", "kind_phrase", "kind_rules"}), ("tasks",)),
    "judge": (frozenset({"prompt", "candidates"}), ("reason", "best", "worst")),
    "correct": (frozenset({"prompt", "sample"}), ("reason", "revision")),
    "revise": (frozenset({"prompt", "sample"}), ("reason", "revision")),
}
"""To a teacher, and to a revisor: by name, slots without which nobody knows what is asked, and keys
that the answer is read by."""
FILES = tuple(f"{name}.txt" for name in (*QUESTIONS, *(f"synthesize_{k}" for k in Kind)))
OF_THE_TASK = frozenset({"task", "topic", "language"})


def own_templates(recipe: Recipe) -> Mapping[str, str]:
    """The text of each template that the recipe's folder has, by name; none without a folder.

    Raises BadInput when the folder cannot be read, has another file, an empty one, or none at all.
    """
    texts = read_templates(recipe)
    if faults := list(_faults_of_files(recipe, texts)):
        raise BadInput("\n".join(faults))
    return {name.removesuffix(".txt"): text for name, text in texts.items()}


def read_templates(recipe: Recipe) -> Mapping[str, str]:
    """What lies in the recipe's folder, by the file's name, whatever it is.

    Raises BadInput when it cannot be read.
    """
    if not recipe.templates:
        return {}
    try:
        files = sorted(UPath(recipe.templates).iterdir(), key=lambda file: file.name)
    except OSError as error:
        raise BadInput(f"templates: {recipe.templates}: cannot be read: {error}") from error
    return {file.name: _text_of(file) for file in files if not file.name.startswith(".")}


def _text_of(file: UPath) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")  # some editors write a mark before the text
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"templates: {file}: cannot be read: {error}; save it as UTF-8") from error


def _faults_of_files(recipe: Recipe, texts: Mapping[str, str]) -> Iterator[str]:
    if not recipe.templates:
        return
    others = ", ".join(sorted(texts.keys() - set(FILES)))
    if others or not texts:
        yield (
            f"templates: {recipe.templates}: has {others or 'no file'}; name each file as one of "
            + ", ".join(FILES)
        )
    if empty := [name for name, text in texts.items() if name in FILES and not text.strip()]:
        yield f"templates: {recipe.templates}: {', '.join(empty)} is empty; write it"


def template_faults(recipe: Recipe, texts: Mapping[str, str]) -> Iterator[str]:
    """All that is wrong with what lies in the recipe's folder; the field first, then the file."""
    yield from _faults_of_files(recipe, texts)
    written = {name: text for name, text in texts.items() if text.strip()}
    for name, (needed, keys) in QUESTIONS.items():
        if own := written.get(f"{name}.txt"):
            faults = _faults_of_question(Template(name, own), needed, keys)
            yield from (f"templates: {name}.txt: {fault}" for fault in faults)
    for kind in Kind:
        yield from _faults_of_kind(recipe, kind, written.get(f"synthesize_{kind}.txt", ""))


def _faults_of_question(
    own: Template, needed: frozenset[str], keys: Iterable[str]
) -> Iterator[str]:
    known = template(own.name).slots
    yield from _faults_of_text(own.text, keys)
    for name in sorted(needed - own.slots):
        yield f"${name} is missing; write it where its text is to be read"
    for name in sorted(own.slots - known):
        told = ", ".join(f"${slot}" for slot in sorted(known))
        yield f"${name} is no slot of it; it has {told}"


def _faults_of_kind(recipe: Recipe, kind: Kind, own: str) -> Iterator[str]:
    """A slot that is drawn and has no place, a place without a slot."""
    chosen = Template(f"synthesize_{kind}.txt", own) if own else synthesis_template(kind)
    if own:
        keys = [field.key for field in SPECS[kind].fields]
        yield from (f"templates: {chosen.name}: {fault}" for fault in _faults_of_text(own, keys))
    slots = slots_of(kind, recipe.slots.get(kind))
    drawn = {name for name, choices in slots.items() if _is_ever_said(choices)}
    always = {name for name in drawn if not slots[name].get(ABSENT)} | OF_THE_TASK
    known = slots.keys() | OPTIONAL[kind].keys()
    for name in sorted((_stuck(chosen) & known) - always):
        yield (
            f"templates: {chosen.name}: ${name} may be absent; begin its line with "
            f"'{GUIDELINE}', so that it can be left out"
        )
    for name in sorted(drawn - chosen.slots):
        yield (
            f"slots.{kind}.{name}: is not in the template; write ${name} into your own "
            f"{chosen.name} (`templates`), or turn it off with {{'': 1}}"
        )
    for name in sorted(chosen.slots - slots.keys() - OF_THE_TASK - OPTIONAL[kind].keys()):
        yield f"templates: {chosen.name}: ${name} has no values; add slots.{kind}.{name}"


def _is_ever_said(choices: Mapping[str, float]) -> bool:
    return any(weight for choice, weight in choices.items() if choice != ABSENT)


def _stuck(template: Template) -> frozenset[str]:
    """Slots on lines that are never left out."""
    lines = template.text.strip().splitlines()
    kept = "\n".join(line for line in lines if not line.startswith(GUIDELINE))
    return Template(template.name, kept).slots


def _faults_of_text(text: str, keys: Iterable[str]) -> Iterator[str]:
    if not string.Template(text).is_valid():
        yield "a $ that begins no slot; write $$ for the sign itself"
    for key in keys:
        if f'"{key}"' not in text:
            yield f'does not name the key "{key}" that an answer must have'
