"""Answers from the wire: a generator's messages as plain values."""

from google.rpc import code_pb2

from littlegiants.answers import (
    Generated,
    ModelInfo,
    Provenance,
    RefusedWeights,
    Rejected,
    Revised,
    Scored,
    Timings,
    WeightsSpan,
)
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from littlegiants.v1 import generator_pb2, model_pb2, revisor_pb2, sample_pb2, score_pb2
from littlegiants.wire import enum_name, error_reason, sample_from_wire

RETRIABLE = (code_pb2.UNAVAILABLE, code_pb2.RESOURCE_EXHAUSTED)

Result = generator_pb2.GenerateResult | revisor_pb2.ReviseResult | score_pb2.ScoreResult


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
        message=result.error.message,
        may_retry=result.error.code in RETRIABLE,
    )


def revised_from_wire(prompt: Prompt, draft: Sample, result: revisor_pb2.ReviseResult) -> Revised:
    """The revision of `draft`, a sample of `prompt`."""
    revision = result.revision if result.HasField("revision") else None
    return Revised(
        prompt=prompt,
        sample=sample_from_wire(revision.sample) if revision else None,
        reason=_reason(result),
        remark=revision.reason if revision else "",
        text=result.text,
        provenance=_provenance(result.provenance),
        rejected=_rejected(result),
        message=result.error.message,
        may_retry=result.error.code in RETRIABLE,
        draft=draft,
    )


def model_info_from_wire(info: model_pb2.GetModelInfoResponse) -> ModelInfo:
    """What a server says that it serves."""
    return ModelInfo(
        role=enum_name(sample_pb2.Role, "ROLE", info.role),
        base_id=info.base_id,
        weights_digest=info.weights_digest,
        weights_version=info.weights_version,
        prompt_digests=dict(info.prompt_digests),
        schema_digests=dict(info.schema_digests),
        limits={field.name: value for field, value in info.limits.ListFields()},
        engine_version=info.engine_version,
        refused=_refused(info),
    )


def scored_from_wire(result: score_pb2.ScoreResult) -> Scored:
    """The score of one item."""
    return Scored(
        index=result.index,
        request_id=result.request_id,
        log_probability=result.score.log_probability if result.HasField("score") else None,
        token_count=result.score.token_count,
        weights_digest=result.score.weights_digest,
        weights_version=result.score.weights_version,
        prompt_digest=result.score.prompt_digest,
        reason=_reason(result),
    )


def _refused(info: model_pb2.GetModelInfoResponse) -> RefusedWeights | None:
    if not info.HasField("refused_weights"):
        return None
    refused = info.refused_weights
    return RefusedWeights(refused.weights_digest, refused.weights_version, refused.message)


def _reason(result: Result) -> str:
    return error_reason(result.error) if result.HasField("error") else ""


def _rejected(
    result: generator_pb2.GenerateResult | revisor_pb2.ReviseResult,
) -> tuple[Rejected, ...]:
    return tuple(Rejected(rejection.reason, rejection.text) for rejection in result.rejections)


def _provenance(message: sample_pb2.Provenance) -> Provenance:
    finish = enum_name(sample_pb2.FinishReason, "FINISH_REASON", message.finish_reason)
    return Provenance(
        role=enum_name(sample_pb2.Role, "ROLE", message.role),
        weights_digest=message.weights_digest,
        weights_version=message.weights_version,
        weights_spans=tuple(
            WeightsSpan(span.weights_digest, span.first_token, span.token_count)
            for span in message.weights_spans
        ),
        prompt_digest=message.prompt_digest,
        attributes=dict(message.attributes),
        seed=message.seed,
        finish_reason=finish,
        prompt_tokens=message.prompt_tokens,
        completion_tokens=message.completion_tokens,
        attempt=message.attempt,
        timings=Timings(
            message.timings.waiting_s, message.timings.writing_s, message.timings.total_s
        ),
    )
