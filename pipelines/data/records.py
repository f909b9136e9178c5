"""What the steps hand to each other: one record type a noun, JSON lines on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter
from upath import UPath

from littlegiants.kinds import Kind
from littlegiants.records import read_records
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt

Provenance = Mapping[str, Any]
"""Who wrote it: weights digest, prompt digest, seed, tokens, attempt; see littlegiants.client."""


Noun = TypeVar("Noun")
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


@dataclass(frozen=True, slots=True)
class Seed:
    """A sample to a teacher's standard: what the junior learns from, and users may give."""

    prompt: Prompt
    sample: Sample
    source: str = "example"


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """A row of somebody's own: what the embedder learns from beside the data set."""

    kind: Kind
    task: str
    query: str
    positive: str
    negative: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One completion of the junior: `reason` says why it is not valid, empty when it is."""

    text: str
    sample: Sample | None
    reason: str = ""
    provenance: Provenance = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidates:
    """All completions of one prompt."""

    prompt: Prompt
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Preference:
    """The best and the worst completion of a prompt; `order` is how the judge saw them."""

    prompt: Prompt
    chosen: str
    rejected: str
    reason: str
    judge: str
    order: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """A flawed sample, what is wrong, and the sample mended: what the revisor learns from."""

    prompt: Prompt
    sample: Sample
    reason: str
    revision: Sample
    source: str = "example"


@dataclass(frozen=True, slots=True)
class Draft:
    """The senior's sample and, unless the revisor failed on it, its revision."""

    prompt: Prompt
    sample: Sample
    revision: Sample | None
    reason: str
    senior: Provenance
    revisor: Provenance


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the data set; `id` is its prompt's, under which the draft is found."""

    id: str
    kind: Kind
    task: str
    query: str
    positive: str
    negative: str
    language: str
    revised: bool
    senior: Provenance
    revisor: Provenance


def records_of(noun: type[Noun], path: Path | UPath) -> list[Noun]:
    """All records of a JSONL file (`.zst` and `.gz` too).

    Raises BadInput naming file and line.
    """
    with path.open("rb") as stream:
        return list(read_records(stream, noun, name=str(path)))


def record_from(noun: type[Noun], value: Any) -> Noun:
    """A record from plain data (a journal's value)."""
    return _adapter(noun).validate_python(value)


def plain(record: Any) -> Any:
    """Plain data from a record."""
    return _adapter(type(record)).dump_python(record, mode="json")


def _adapter(noun: type[Noun]) -> TypeAdapter[Noun]:
    if noun not in _ADAPTERS:
        _ADAPTERS[noun] = TypeAdapter(noun)
    return _ADAPTERS[noun]
