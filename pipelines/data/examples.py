"""Examples: samples that are given rather than bought, shipped or a user's in the same form."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from upath import UPath

from littlegiants.checks import failed_checks
from littlegiants.errors import BadInput
from littlegiants.kinds import SPECS, Kind, length_of
from littlegiants.prompts import brainstorm_prompt, compact_json, sample_text, synthesize_prompt
from littlegiants.records import lines_of, parse_record
from littlegiants.tasks import Prompt, digest
from pipelines.data.records import Correction, Seed

Example = TypeVar("Example", Seed, Correction)
SHIPPED = Path(__file__).parents[2]
"""The folder that `examples/` lies in, whatever the current folder is."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An example: a question and the answer that a good teacher gives."""

    question: str
    answer: str


def read_examples(noun: type[Example], places: Iterable[str]) -> list[Example]:
    """All examples in `places` (JSONL files, or folders of them; relative ones may be shipped).

    Raises BadInput naming file and line when one is not valid: what teaches must be right.
    """
    found = []
    for outcome in examined(noun, places):
        if isinstance(outcome, BadInput):
            raise outcome
        found.append(outcome)
    return found


def example_count(places: Iterable[str]) -> int:
    """Rows in `places`, as they are; none where nothing is there."""
    count = 0
    for file in (file for place in places for file in files_in(place)):
        with file.open("rb") as stream:
            count += sum(1 for _ in lines_of(stream, str(file)))
    return count


def files_in(place: str) -> list[Path]:
    """The files of a folder of examples, or the one that `place` is; none when it is not there."""
    path = example_path(place)
    return [
        each
        for each in (sorted(path.glob("*.jsonl*")) if path.is_dir() else [path])
        if each.is_file()
    ]


def examined(noun: type[Example], places: Iterable[str]) -> Iterator[Example | BadInput]:
    """The example on each row of `places`, or what is wrong there: file, line, field, remedy."""
    for place in places:
        files = files_in(place)
        if not files:
            yield BadInput(f"{place} is not there or holds no .jsonl file; name a file or a folder")
        for file in files:
            yield from _rows(noun, file)


def example_path(place: str) -> Path:
    """Where `place` of a recipe lies: a relative one that is not here may be shipped."""
    return Path(place) if Path(place).exists() else SHIPPED / place


def is_shipped(path: Path | UPath) -> bool:
    """Whether `path` is one of the examples that come with the product."""
    return Path(str(path)).resolve().is_relative_to(SHIPPED / "examples")


def _rows(noun: type[Example], file: Path) -> Iterator[Example | BadInput]:
    try:
        with file.open("rb") as stream:
            for where, line in lines_of(stream, str(file)):
                yield _row(noun, line, where)
    except OSError as error:
        yield BadInput(f"{file}: cannot be read ({error.strerror}); name a JSONL file")
    except BadInput as error:
        yield error


def _row(noun: type[Example], line: bytes, where: str) -> Example | BadInput:
    try:
        example = parse_record(line, noun, where=where)
    except BadInput as error:
        return error
    fault = fault_of(example)
    return BadInput(f"{where}: {fault}") if fault else example


def fault_of(example: Seed | Correction) -> str:
    """What is wrong with an example, its field first; empty when it may teach."""
    samples = {"sample": example.sample}
    if isinstance(example, Correction):
        samples["revision"] = example.revision
    kind = example.prompt.task.kind
    for field, sample in samples.items():
        if sample.kind is not kind:
            return f"{field}.kind: {sample.kind}, but prompt.task.kind is {kind}; make them equal"
    if fault := _fault_of_attributes(example.prompt):
        return f"prompt.attributes{fault}"
    field, sample = samples.popitem()
    failed = ", ".join(failed_checks(sample, example.prompt))
    return f"the {field} fails {failed}; mend it or leave it out" if failed else ""


def _fault_of_attributes(prompt: Prompt) -> str:
    try:
        synthesize_prompt(prompt)
    except BadInput as error:
        return f": {error}"
    for field in SPECS[prompt.task.kind].fields:
        try:
            length_of(field, prompt.attributes)
        except BadInput as error:
            return f".{field.length}: {error}"
    return ""


def shots_for(kind: Kind, seeds: Sequence[Seed], count: int, *, seed: int) -> tuple[Turn, ...]:
    """`count` example turns of `kind`, chosen by `seed`; fewer when there are fewer."""
    rows = _chosen(kind, seeds, count, seed=seed)
    return tuple(Turn(synthesize_prompt(row.prompt), sample_text(row.sample)) for row in rows)


def task_turns(kind: Kind, seeds: Sequence[Seed], *, own: str = "") -> list[Turn]:
    """Example turns of brainstorming for `kind`: each example's topic, and its task.

    They are asked for as the tasks are: in the words of the `own` template where there is one.
    """
    return [
        Turn(
            brainstorm_prompt(row.prompt.task.topic, kind, count=1, own=own),
            compact_json({"tasks": [row.prompt.task.text]}),
        )
        for row in seeds
        if row.prompt.task.kind == kind
    ]


def drawn_turns(turns: Sequence[Turn], count: int, *, seed: str) -> tuple[Turn, ...]:
    """`count` of `turns`, chosen by `seed`; fewer when there are fewer."""
    return tuple(random.Random(seed).sample(turns, min(count, len(turns))))


def _chosen(kind: Kind, seeds: Sequence[Seed], count: int, *, seed: int) -> list[Seed]:
    rows = [example for example in seeds if example.prompt.task.kind == kind]
    return random.Random(digest([seed, kind])).sample(rows, min(count, len(rows)))
