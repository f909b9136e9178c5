"""What a generator answers, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from littlegiants.samples import Sample
from littlegiants.tasks import Prompt


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the seconds of a result went; all attempts together."""

    waiting_s: float = 0.0
    writing_s: float = 0.0
    total_s: float = 0.0


@dataclass(frozen=True, slots=True)
class WeightsSpan:
    """Tokens of a completion, counted from 0, that the same weights wrote."""

    weights_digest: str
    first_token: int
    token_count: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a completion came from; `attributes` are those of its prompt, drawn ones included."""

    role: str = ""
    weights_digest: str = ""
    weights_version: int = 0
    weights_spans: tuple[WeightsSpan, ...] = ()
    prompt_digest: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    finish_reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    attempt: int = 0
    timings: Timings = Timings()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A completion that was no valid sample and was followed by another attempt."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Generated:
    """One candidate: a valid sample, or the reason why there is none; `text` is the completion.

    `message` explains the reason to a person: it names the field and the remedy of a refusal.
    `may_retry` tells that there was no answer, and that there may be one later.
    """

    prompt: Prompt
    candidate: int
    sample: Sample | None
    reason: str
    text: str
    provenance: Provenance
    rejected: tuple[Rejected, ...] = ()
    message: str = ""
    may_retry: bool = False


@dataclass(frozen=True, slots=True)
class Revised:
    """A mended sample, or the reason why there is none; `remark` says what was to mend.

    `draft` is the sample as it was before; `message` and `may_retry` are as for Generated.
    """

    prompt: Prompt
    sample: Sample | None
    reason: str
    remark: str
    text: str
    provenance: Provenance
    rejected: tuple[Rejected, ...] = ()
    message: str = ""
    may_retry: bool = False
    draft: Sample | None = None


@dataclass(frozen=True, slots=True)
class RefusedWeights:
    """Weights that a server did not take, the version of the pointer to them, and why."""

    weights_digest: str
    weights_version: int
    message: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a server serves and what a request may ask of it."""

    role: str
    base_id: str
    weights_digest: str
    weights_version: int
    prompt_digests: Mapping[str, str]
    schema_digests: Mapping[str, str]
    limits: Mapping[str, int]
    engine_version: str
    refused: RefusedWeights | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """How likely a completion is, or the reason why that is not known.

    `log_probability` is the sum over its `token_count` tokens, the end-of-text token included.
    """

    index: int
    request_id: str
    log_probability: float | None
    token_count: int
    weights_digest: str
    weights_version: int
    prompt_digest: str
    reason: str
