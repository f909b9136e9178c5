"""One prompt renderer for both sides: a generator is served the prompt it was trained with."""

import hashlib
import json
import random
import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.kinds import ABSENT, Kind
from littlegiants.optional_slots import OPTIONAL
from littlegiants.samples import Sample
from littlegiants.task_families import FAMILIES
from littlegiants.tasks import LINE_ORDER, REVISE_TEMPLATE, TEMPLATE, Prompt, Task

GUIDELINE = "- "
"""Lines that start so may be left out (their slot is absent) and change places (`line_order`)."""


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt text with `$slots`; its digest changes with every character of it."""

    name: str
    text: str

    @property
    def digest(self) -> str:
        """First 12 hex digits of the text's SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    @property
    def slots(self) -> frozenset[str]:
        """Names of the slots that must be filled."""
        return frozenset(string.Template(self.text).get_identifiers())


@cache
def template(name: str) -> Template:
    """The shipped template called `name`."""
    return Template(
        name, files("littlegiants").joinpath(f"templates/{name}.txt").read_text("utf-8")
    )


def synthesis_template(kind: Kind) -> Template:
    """The template that asks for one sample of `kind`."""
    return template(f"synthesize_{kind}")


def template_of(prompt: Prompt) -> Template:
    """The template that asks for a sample of `prompt`: its own or the shipped one."""
    own = prompt.attributes.get(TEMPLATE)
    return Template(TEMPLATE, own) if own else synthesis_template(prompt.task.kind)


def revise_template_of(prompt: Prompt) -> Template:
    """The template that asks for a revision of a sample: the prompt's own or the shipped one."""
    own = prompt.attributes.get(REVISE_TEMPLATE)
    return Template(REVISE_TEMPLATE, own) if own else template("revise")


def with_revise_template(prompt: Prompt, own: str) -> Prompt:
    """`prompt` as a revisor is asked it, in the words of `own` where there are some."""
    added = {REVISE_TEMPLATE: own} if own else {}
    return replace(prompt, attributes={**prompt.attributes, **added})


def prompt_digests() -> dict[str, str]:
    """Digest of every shipped template by name; a generator reports these."""
    names = (
        "widen",
        "brainstorm",
        "judge",
        "correct",
        "revise",
        *(f"synthesize_{kind}" for kind in Kind),
    )
    return {name: template(name).digest for name in names}


def render(template: Template, values: Mapping[str, str]) -> str:
    """`template` with every slot filled; the one place where prompt text is made.

    A guideline whose slot is drawn absent is left out. Guidelines stand in the order that
    `values["line_order"]` fixes, if it is there.

    Raises BadInput when a slot has no value, a value has no slot, or a `$` begins neither.
    """
    missing = template.slots - values.keys()
    said = {name for name, value in values.items() if value != ABSENT}
    unused = said - template.slots - {LINE_ORDER}
    if missing or unused:
        named = ", ".join(sorted(missing or unused))
        fault = "has no value" if missing else "is not in the template"
        raise BadInput(f"prompt {template.name}: {named} {fault}")
    lines = [line for line in template.text.strip().splitlines() if not _is_absent(line, values)]
    ordered = _in_order(lines, values.get(LINE_ORDER))
    try:
        return string.Template("\n".join(ordered)).substitute(values)
    except ValueError as error:
        raise BadInput(f"prompt {template.name}: {error}; write $$ for the sign itself") from error


def _is_absent(line: str, values: Mapping[str, str]) -> bool:
    slots = string.Template(line).get_identifiers()
    return line.startswith(GUIDELINE) and any(values[slot] == ABSENT for slot in slots)


def _in_order(lines: list[str], line_order: str | None) -> list[str]:
    if line_order is None:
        return lines
    if not re.fullmatch(r"\d{1,9}", line_order):
        raise BadInput(
            f"{LINE_ORDER}: {line_order!r} is not a whole number; leave it as it was drawn"
        )
    guidelines = [line for line in lines if line.startswith(GUIDELINE)]
    random.Random(int(line_order)).shuffle(guidelines)
    return [guidelines.pop() if line.startswith(GUIDELINE) else line for line in lines]


def synthesize_prompt(prompt: Prompt) -> str:
    """Ask for one sample: what a generator is trained on and served with."""
    chosen, absent = template_of(prompt), dict.fromkeys(OPTIONAL[prompt.task.kind], ABSENT)
    texts = (TEMPLATE, REVISE_TEMPLATE)
    drawn = {name: value for name, value in prompt.attributes.items() if name not in texts}
    return render(chosen, absent | _task_values(prompt.task, chosen) | drawn)


def _task_values(task: Task, chosen: Template) -> dict[str, str]:
    values = {"task": task.text, "topic": task.topic, "language": task.language}
    return {name: value for name, value in values.items() if name in chosen.slots}


def _question(name: str, own: str, values: Mapping[str, str]) -> str:
    """A teacher is asked in the words of `own`, which need not say all, or of the shipped one."""
    chosen = Template(name, own) if own else template(name)
    return render(chosen, {slot: values[slot] for slot in values if slot in chosen.slots})


def widen_prompt(topic: str, *, count: int, own: str = "") -> str:
    """Ask a teacher for `count` topics below `topic`; `own` is the text of one's own template."""
    return _question("widen", own, {"topic": topic, "count": str(count)})


def brainstorm_prompt(topic: str, kind: Kind, *, count: int, own: str = "") -> str:
    """Ask a teacher for `count` tasks of `kind` about `topic`; each topic shows other examples."""
    family = FAMILIES[kind]
    rules = f"{family.rule} Examples of other topics: {'; '.join(family.drawn(topic))}."
    values = {"topic": topic, "count": str(count), "kind_phrase": family.phrase}
    return _question("brainstorm", own, values | {"kind_rules": rules})


def judge_prompt(prompt: Prompt, candidates: Sequence[str], *, own: str = "") -> str:
    """Ask a judge for the best and the worst of `candidates` (completions, as written)."""
    listed = "\n".join(f"[{index}] {text}" for index, text in enumerate(candidates))
    values = {"prompt": synthesize_prompt(prompt), "count": str(len(candidates))}
    return _question("judge", own, values | {"candidates": listed})


def correct_prompt(prompt: Prompt, answer: str, *, own: str = "") -> str:
    """Ask a teacher to assess `answer` and write it again."""
    return _question("correct", own, {"prompt": synthesize_prompt(prompt), "sample": answer})


def revise_prompt(prompt: Prompt, sample: Sample) -> str:
    """Ask a revisor to mend `sample`: what the revisor is trained on and served with."""
    return render(
        revise_template_of(prompt),
        {"prompt": synthesize_prompt(prompt), "sample": sample_text(sample)},
    )


def sample_text(sample: Sample) -> str:
    """A sample as the JSON line that a generator should write."""
    return compact_json(sample.to_fields())


def revision_text(reason: str, revision: Sample) -> str:
    """A revision as the JSON line that a revisor should write."""
    return compact_json({"reason": reason, "revision": revision.to_fields()})


def compact_json(value: Mapping[str, Any]) -> str:
    """JSON without blanks, as schema-constrained decoding writes it.

    A generator that learned `": "` and is held to `":"` begins its texts with the marks it missed.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
