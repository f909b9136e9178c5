"""Entries of a tracker: a run or one of its stages as names, parameters, tags and numbers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from littlegiants.tasks import digest
from pipelines.recipe.recipe import Recipe, resolved

State = Literal["running", "finished", "failed"]
ODD = re.compile(r"[^\w. :/-]", re.ASCII)
"""What MLflow takes in no name."""
LONGEST = 500
"""Characters of a value, which older MLflow servers cut a run off for."""
KEPT_BACK = ("teacher.headers", "teacher.extra_body", "tracking")
"""Fields that may hold what is not for everybody's eyes, or say nothing of a run."""
BESIDE = ("training", "all", "licences")
"""Of a stage's detail: loss curves go by the trainers' own reports, the rest are no numbers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A run of a tracker; told again under the same `id`, it goes on."""

    project: str
    id: str
    parent: str = ""
    """Id of the run that it is a stage of; empty: the run itself."""
    state: State = "running"
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    """On this machine, to be kept with it."""


def params_of(recipe: Recipe) -> dict[str, str]:
    """Every field of a recipe with its value, but for what may be secret."""
    return {
        named(name): str(value)[:LONGEST]
        for name, value in _leaves(resolved(recipe))
        if not name.startswith(KEPT_BACK)
    }


def recipe_digest(recipe: Recipe) -> str:
    """Of all fields but where it is told of."""
    return digest({**resolved(recipe), "tracking": None})


def metrics_of(record: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a stage's record: what it took, gave, dropped, cost and found."""
    detail = {name: each for name, each in record["detail"].items() if name not in BESIDE}
    parts = ("seconds", "in", "out", "dropped", "resumed", "peak_memory_bytes", "teacher")
    told = {name: record.get(name) for name in parts} | detail
    return {
        named(name): float(value)
        for name, value in _leaves(told)
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def named(name: str) -> str:
    """A name as every tracker takes it."""
    return ODD.sub("_", name)


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Each plain value with its path; rows of a table are found under the task that they are of."""
    before = f"{name}." if name else ""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{before}{key}")
    elif isinstance(value, list) and all(isinstance(row, Mapping) for row in value) and value:
        for index, row in enumerate(value):
            yield from _leaves(row, f"{before}{row.get('task', index)}")
    else:
        yield name, value
