from google.rpc import status_pb2 as _status_pb2
from littlegiants.v1 import sample_pb2 as _sample_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ScoreRequest(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[ScoreItem]
    def __init__(self, items: _Optional[_Iterable[_Union[ScoreItem, _Mapping]]] = ...) -> None: ...

class ScoreItem(_message.Message):
    __slots__ = ("request_id", "task", "seed", "draft", "text", "sample")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    task: _sample_pb2.EmbeddingTask
    seed: int
    draft: _sample_pb2.Sample
    text: str
    sample: _sample_pb2.Sample
    def __init__(self, request_id: _Optional[str] = ..., task: _Optional[_Union[_sample_pb2.EmbeddingTask, _Mapping]] = ..., seed: _Optional[int] = ..., draft: _Optional[_Union[_sample_pb2.Sample, _Mapping]] = ..., text: _Optional[str] = ..., sample: _Optional[_Union[_sample_pb2.Sample, _Mapping]] = ...) -> None: ...

class ScoreResponse(_message.Message):
    __slots__ = ("result", "summary")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    result: ScoreResult
    summary: _sample_pb2.BatchSummary
    def __init__(self, result: _Optional[_Union[ScoreResult, _Mapping]] = ..., summary: _Optional[_Union[_sample_pb2.BatchSummary, _Mapping]] = ...) -> None: ...

class ScoreResult(_message.Message):
    __slots__ = ("index", "request_id", "score", "error")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    index: int
    request_id: str
    score: Score
    error: _status_pb2.Status
    def __init__(self, index: _Optional[int] = ..., request_id: _Optional[str] = ..., score: _Optional[_Union[Score, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class Score(_message.Message):
    __slots__ = ("log_probability", "token_count", "weights_digest", "weights_version", "prompt_digest")
    LOG_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    TOKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROMPT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    log_probability: float
    token_count: int
    weights_digest: str
    weights_version: int
    prompt_digest: str
    def __init__(self, log_probability: _Optional[float] = ..., token_count: _Optional[int] = ..., weights_digest: _Optional[str] = ..., weights_version: _Optional[int] = ..., prompt_digest: _Optional[str] = ...) -> None: ...
