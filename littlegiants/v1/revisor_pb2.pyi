from google.rpc import status_pb2 as _status_pb2
from littlegiants.v1 import sample_pb2 as _sample_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReviseRequest(_message.Message):
    __slots__ = ("request_id", "task", "seed", "sample", "sampling", "constrained", "max_attempts", "priority", "min_weights_version")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINED_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    MIN_WEIGHTS_VERSION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    task: _sample_pb2.EmbeddingTask
    seed: int
    sample: _sample_pb2.Sample
    sampling: _sample_pb2.SamplingOptions
    constrained: bool
    max_attempts: int
    priority: int
    min_weights_version: int
    def __init__(self, request_id: _Optional[str] = ..., task: _Optional[_Union[_sample_pb2.EmbeddingTask, _Mapping]] = ..., seed: _Optional[int] = ..., sample: _Optional[_Union[_sample_pb2.Sample, _Mapping]] = ..., sampling: _Optional[_Union[_sample_pb2.SamplingOptions, _Mapping]] = ..., constrained: _Optional[bool] = ..., max_attempts: _Optional[int] = ..., priority: _Optional[int] = ..., min_weights_version: _Optional[int] = ...) -> None: ...

class ReviseResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: ReviseResult
    def __init__(self, result: _Optional[_Union[ReviseResult, _Mapping]] = ...) -> None: ...

class ReviseBatchRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[ReviseRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[ReviseRequest, _Mapping]]] = ...) -> None: ...

class ReviseBatchResponse(_message.Message):
    __slots__ = ("result", "summary")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    result: ReviseResult
    summary: _sample_pb2.BatchSummary
    def __init__(self, result: _Optional[_Union[ReviseResult, _Mapping]] = ..., summary: _Optional[_Union[_sample_pb2.BatchSummary, _Mapping]] = ...) -> None: ...

class Revision(_message.Message):
    __slots__ = ("reason", "sample")
    REASON_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    sample: _sample_pb2.Sample
    def __init__(self, reason: _Optional[str] = ..., sample: _Optional[_Union[_sample_pb2.Sample, _Mapping]] = ...) -> None: ...

class ReviseResult(_message.Message):
    __slots__ = ("index", "request_id", "revision", "error", "text", "rejections", "provenance")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REJECTIONS_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    index: int
    request_id: str
    revision: Revision
    error: _status_pb2.Status
    text: str
    rejections: _containers.RepeatedCompositeFieldContainer[_sample_pb2.Rejection]
    provenance: _sample_pb2.Provenance
    def __init__(self, index: _Optional[int] = ..., request_id: _Optional[str] = ..., revision: _Optional[_Union[Revision, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., text: _Optional[str] = ..., rejections: _Optional[_Iterable[_Union[_sample_pb2.Rejection, _Mapping]]] = ..., provenance: _Optional[_Union[_sample_pb2.Provenance, _Mapping]] = ...) -> None: ...
