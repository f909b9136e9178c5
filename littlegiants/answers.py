"""What a generator answers, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass

from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from littlegiants.v1 import generator_pb2, model_pb2, revisor_pb2, sample_pb2
from littlegiants.wire import enum_name, error_reason, sample_from_wire


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a completion came from; `seconds` run from its first attempt's start."""

    role: str = ""
    weights_digest: str = ""
    prompt_digest: str = ""
    seed: int = 0
    finish_reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    attempt: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A completion that was no valid sample and was followed by another attempt."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Generated:
    """One candidate: a valid sample, or the reason why there is none; `text` is the completion."""

    prompt: Prompt
    candidate: int
    sample: Sample | None
    reason: str
    text: str
    provenance: Provenance
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class Revised:
    """A mended sample, or the reason why there is none; `remark` says what was to mend."""

    prompt: Prompt
    sample: Sample | None
    reason: str
    remark: str
    text: str
    provenance: Provenance
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a server serves and what a request may ask of it."""

    role: str
    base_id: str
    weights_digest: str
    prompt_digests: Mapping[str, str]
    limits: Mapping[str, int]
    engine_version: str


Result = generator_pb2.GenerateResult | revisor_pb2.ReviseResult


def generated_from_wire(prompt: Prompt, result: generator_pb2.GenerateResult) -> Generated:
    """A candidate of `prompt`."""
    return Generated(
        prompt=prompt,
        candidate=result.candidate,
        sample=sample_from_wire(result.sample) if result.HasField("sample") else None,
        reason=_reason(result),
        text=result.text,
        provenance=_provenance(result.provenance),
        rejected=_rejected(result),
    )


def revised_from_wire(prompt: Prompt, result: revisor_pb2.ReviseResult) -> Revised:
    """The revision of a sample of `prompt`."""
    revision = result.revision if result.HasField("revision") else None
    return Revised(
        prompt=prompt,
        sample=sample_from_wire(revision.sample) if revision else None,
        reason=_reason(result),
        remark=revision.reason if revision else "",
        text=result.text,
        provenance=_provenance(result.provenance),
        rejected=_rejected(result),
    )


def model_info_from_wire(info: model_pb2.GetModelInfoResponse) -> ModelInfo:
    """What a server says that it serves."""
    return ModelInfo(
        role=enum_name(sample_pb2.Role, "ROLE", info.role),
        base_id=info.base_id,
        weights_digest=info.weights_digest,
        prompt_digests=dict(info.prompt_digests),
        limits={field.name: value for field, value in info.limits.ListFields()},
        engine_version=info.engine_version,
    )


def _reason(result: Result) -> str:
    return error_reason(result.error) if result.HasField("error") else ""


def _rejected(result: Result) -> tuple[Rejected, ...]:
    return tuple(Rejected(rejection.reason, rejection.text) for rejection in result.rejections)


def _provenance(message: sample_pb2.Provenance) -> Provenance:
    finish = enum_name(sample_pb2.FinishReason, "FINISH_REASON", message.finish_reason)
    return Provenance(
        role=enum_name(sample_pb2.Role, "ROLE", message.role),
        weights_digest=message.weights_digest,
        prompt_digest=message.prompt_digest,
        seed=message.seed,
        finish_reason=finish,
        prompt_tokens=message.prompt_tokens,
        completion_tokens=message.completion_tokens,
        attempt=message.attempt,
        seconds=message.seconds,
    )
