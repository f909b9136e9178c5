"""What to write: a task, and a prompt that asks for one sample of it with drawn attributes."""

import hashlib
import json
import random
from dataclasses import dataclass
from typing import Any

from littlegiants.kinds import Attributes, Kind, Slots, draw, slots_of

LINE_ORDER = "line_order"
"""Attribute that fixes in which order a prompt's guidelines stand."""
TEMPLATE = "template"
"""Attribute that has the text of the prompt's own template, in the place of the shipped one."""
REVISE_TEMPLATE = "revise_template"
"""Attribute with which a revisor is asked in the words of one's own template."""


def digest(value: Any) -> str:
    """SHA-256 of `value` as canonical JSON, 16 hex digits: the key under which a result is kept."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Task:
    """One embedding task: what is a query, what is its document, about which topic."""

    kind: Kind
    topic: str
    text: str
    language: str = "English"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A task with the attributes drawn for one sample; `seed` seeds its first completion."""

    task: Task
    attributes: Attributes
    seed: int

    @property
    def id(self) -> str:
        """Content key: equal prompts have equal ids in every run."""
        task = self.task
        return digest(
            [task.kind, task.topic, task.text, task.language, dict(self.attributes), self.seed]
        )


def draw_prompt(
    task: Task,
    *,
    seed: int,
    index: int = 0,
    changes: Slots | None = None,
    template: str = "",
) -> Prompt:
    """The `index`-th prompt of `task` under a run's `seed`: always the same, byte for byte.

    `template` is the text of one of its own.
    """
    rng = random.Random(digest([seed, index, task.kind, task.topic, task.text, task.language]))
    attributes = draw(slots_of(task.kind, changes), rng)
    if len(attributes) > 1:
        attributes[LINE_ORDER] = str(rng.randrange(1000))
    if template:
        attributes[TEMPLATE] = template
    return Prompt(task, attributes, seed=rng.randrange(2**31))
