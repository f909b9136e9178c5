"""Responses: what was written, as messages on the wire."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from littlegiants.answers import Provenance
from littlegiants.errors import LittleGiantsError
from littlegiants.samples import Sample
from littlegiants.v1 import generator_pb2, revisor_pb2, sample_pb2, score_pb2
from littlegiants.wire import enum_label, error_reason, sample_to_wire
from services.generator.generation.attempts import Written
from services.generator.generation.requests import Revision
from services.generator.rpc.statuses import rejected_status, status_of

AnyResult = TypeVar(
    "AnyResult", generator_pb2.GenerateResult, revisor_pb2.ReviseResult, score_pb2.ScoreResult
)
Result = generator_pb2.GenerateResult | revisor_pb2.ReviseResult | score_pb2.ScoreResult


def generate_result(
    written: Written[Sample], names: Mapping[str, Any]
) -> generator_pb2.GenerateResult:
    """One candidate; `names` say whose it is."""
    fields = _fields(written)
    if written.value is not None:
        fields["sample"] = sample_to_wire(written.value)
    return generator_pb2.GenerateResult(**names, **fields)


def revise_result(written: Written[Revision], names: Mapping[str, Any]) -> revisor_pb2.ReviseResult:
    """One revision; `names` say whose it is."""
    fields = _fields(written)
    if written.value is not None:
        reason, sample = written.value
        fields["revision"] = revisor_pb2.Revision(reason=reason, sample=sample_to_wire(sample))
    return revisor_pb2.ReviseResult(**names, **fields)


def refused(
    result: type[AnyResult], error: LittleGiantsError, names: Mapping[str, Any]
) -> AnyResult:
    """The result of an item that will not do."""
    return result(error=status_of(error), **names)


class Summary:
    """Counts the results of a batch as they pass."""

    def __init__(self, request_count: int) -> None:
        self.request_count = request_count
        self.sample_count = 0
        self.errors: Counter[str] = Counter()

    def add(self, result: Result) -> None:
        """Count one result."""
        if result.HasField("error"):
            self.errors[error_reason(result.error)] += 1
        else:
            self.sample_count += 1

    def to_wire(self) -> sample_pb2.BatchSummary:
        """The closing message."""
        return sample_pb2.BatchSummary(
            request_count=self.request_count,
            result_count=self.sample_count + self.errors.total(),
            sample_count=self.sample_count,
            error_counts=self.errors,
        )


def _fields(written: Written[Any]) -> dict[str, Any]:
    """Fields that both results have."""
    fields: dict[str, Any] = {
        "text": written.text,
        "rejections": [
            sample_pb2.Rejection(reason=each.reason, text=each.text) for each in written.rejected
        ],
        "provenance": _provenance(written.provenance),
    }
    if written.value is None:
        fields["error"] = rejected_status(written.failed)
    return fields


def _provenance(provenance: Provenance) -> sample_pb2.Provenance:
    finish = enum_label("FINISH_REASON", provenance.finish_reason)
    return sample_pb2.Provenance(
        role=enum_label("ROLE", provenance.role),
        weights_digest=provenance.weights_digest,
        weights_version=provenance.weights_version,
        weights_spans=[
            sample_pb2.WeightsSpan(
                weights_digest=span.weights_digest,
                first_token=span.first_token,
                token_count=span.token_count,
            )
            for span in provenance.weights_spans
        ],
        prompt_digest=provenance.prompt_digest,
        attributes=provenance.attributes,
        seed=provenance.seed,
        finish_reason=finish,
        prompt_tokens=provenance.prompt_tokens,
        completion_tokens=provenance.completion_tokens,
        attempt=provenance.attempt,
        timings=sample_pb2.Timings(**asdict(provenance.timings)),
    )
