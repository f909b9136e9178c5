"""Samples that are given rather than bought: the shipped ones, or a user's in the same form."""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from upath import UPath

from littlegiants.checks import failed_checks
from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from littlegiants.prompts import brainstorm_prompt, compact_json, sample_text, synthesize_prompt
from littlegiants.tasks import digest
from pipelines.nouns import Correction, Seed
from pipelines.questions import Turn
from pipelines.run import records_of

Example = TypeVar("Example", Seed, Correction)
SHIPPED = Path(__file__).parents[1]
"""The folder that `examples/` lies in, whatever the current folder is."""


def read_examples(noun: type[Example], places: Iterable[str]) -> list[Example]:
    """All examples in `places` (JSONL files, or folders of them; relative ones may be shipped).

    Raises BadInput naming file and line when one is not valid: what teaches must be right.
    """
    found = []
    for place in places:
        path = example_path(place)
        paths = sorted(path.glob("*.jsonl*")) if path.is_dir() else [path]
        if not paths or not all(path.exists() for path in paths):
            raise BadInput(f"examples: {place} is not there or holds no .jsonl file")
        for file in paths:
            for number, example in enumerate(records_of(noun, file), 1):
                _check(example, f"{file}:{number}")
                found.append(example)
    return found


def example_path(place: str) -> Path:
    """Where `place` of a recipe lies: a relative one that is not here may be shipped."""
    return Path(place) if Path(place).exists() else SHIPPED / place


def is_shipped(path: Path | UPath) -> bool:
    """Whether `path` is one of the examples that come with the product."""
    return Path(str(path)).resolve().is_relative_to(SHIPPED / "examples")


def _check(example: Seed | Correction, where: str) -> None:
    sample = example.revision if isinstance(example, Correction) else example.sample
    faults = failed_checks(sample, example.prompt)
    if faults:
        raise BadInput(f"{where}: the sample fails {', '.join(faults)}; mend it or leave it out")


def shots_for(kind: Kind, seeds: Sequence[Seed], count: int, *, seed: int) -> tuple[Turn, ...]:
    """`count` example turns of `kind`, chosen by `seed`; fewer when there are fewer."""
    rows = _chosen(kind, seeds, count, seed=seed)
    return tuple(Turn(synthesize_prompt(row.prompt), sample_text(row.sample)) for row in rows)


def task_shots(kind: Kind, seeds: Sequence[Seed], count: int, *, seed: int) -> tuple[Turn, ...]:
    """`count` example turns of brainstorming for `kind`: an example's topic, and its task."""
    rows = _chosen(kind, seeds, count, seed=seed)
    return tuple(
        Turn(
            brainstorm_prompt(row.prompt.task.topic, kind, count=1),
            compact_json({"tasks": [row.prompt.task.text]}),
        )
        for row in rows
    )


def _chosen(kind: Kind, seeds: Sequence[Seed], count: int, *, seed: int) -> list[Seed]:
    rows = [example for example in seeds if example.prompt.task.kind == kind]
    return random.Random(digest([seed, kind])).sample(rows, min(count, len(rows)))
