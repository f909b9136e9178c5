"""What the steps hand to each other: one record type a noun, JSON lines on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt

Provenance = Mapping[str, Any]
"""Who wrote it: weights digest, prompt digest, seed, tokens, attempt; see littlegiants.client."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A sample to a teacher's standard: what the junior learns from, and users may give."""

    prompt: Prompt
    sample: Sample
    source: str = "example"


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
