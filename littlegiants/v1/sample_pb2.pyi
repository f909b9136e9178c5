from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KIND_UNSPECIFIED: _ClassVar[Kind]
    KIND_RETRIEVAL: _ClassVar[Kind]
    KIND_CLASSIFICATION: _ClassVar[Kind]
    KIND_STS: _ClassVar[Kind]
    KIND_MATCHING_SHORT: _ClassVar[Kind]
    KIND_MATCHING_LONG: _ClassVar[Kind]

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_JUNIOR: _ClassVar[Role]
    ROLE_SENIOR: _ClassVar[Role]
    ROLE_REVISOR: _ClassVar[Role]

class FinishReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINISH_REASON_UNSPECIFIED: _ClassVar[FinishReason]
    FINISH_REASON_STOP: _ClassVar[FinishReason]
    FINISH_REASON_LENGTH: _ClassVar[FinishReason]
    FINISH_REASON_ABORT: _ClassVar[FinishReason]
KIND_UNSPECIFIED: Kind
KIND_RETRIEVAL: Kind
KIND_CLASSIFICATION: Kind
KIND_STS: Kind
KIND_MATCHING_SHORT: Kind
KIND_MATCHING_LONG: Kind
ROLE_UNSPECIFIED: Role
ROLE_JUNIOR: Role
ROLE_SENIOR: Role
ROLE_REVISOR: Role
FINISH_REASON_UNSPECIFIED: FinishReason
FINISH_REASON_STOP: FinishReason
FINISH_REASON_LENGTH: FinishReason
FINISH_REASON_ABORT: FinishReason

class EmbeddingTask(_message.Message):
    __slots__ = ("kind", "topic", "text", "language")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    kind: Kind
    topic: str
    text: str
    language: str
    def __init__(self, kind: _Optional[_Union[Kind, str]] = ..., topic: _Optional[str] = ..., text: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class Sample(_message.Message):
    __slots__ = ("kind", "query", "positive", "negative")
    KIND_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_FIELD_NUMBER: _ClassVar[int]
    kind: Kind
    query: str
    positive: str
    negative: str
    def __init__(self, kind: _Optional[_Union[Kind, str]] = ..., query: _Optional[str] = ..., positive: _Optional[str] = ..., negative: _Optional[str] = ...) -> None: ...

class SamplingOptions(_message.Message):
    __slots__ = ("temperature", "top_p", "max_tokens")
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TOP_P_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    temperature: float
    top_p: float
    max_tokens: int
    def __init__(self, temperature: _Optional[float] = ..., top_p: _Optional[float] = ..., max_tokens: _Optional[int] = ...) -> None: ...

class Rejection(_message.Message):
    __slots__ = ("reason", "text")
    REASON_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    reason: str
    text: str
    def __init__(self, reason: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class Provenance(_message.Message):
    __slots__ = ("role", "weights_digest", "prompt_digest", "seed", "finish_reason", "prompt_tokens", "completion_tokens", "attempt", "seconds")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PROMPT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    FINISH_REASON_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_TOKENS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    role: Role
    weights_digest: str
    prompt_digest: str
    seed: int
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    attempt: int
    seconds: float
    def __init__(self, role: _Optional[_Union[Role, str]] = ..., weights_digest: _Optional[str] = ..., prompt_digest: _Optional[str] = ..., seed: _Optional[int] = ..., finish_reason: _Optional[_Union[FinishReason, str]] = ..., prompt_tokens: _Optional[int] = ..., completion_tokens: _Optional[int] = ..., attempt: _Optional[int] = ..., seconds: _Optional[float] = ...) -> None: ...

class BatchSummary(_message.Message):
    __slots__ = ("request_count", "result_count", "sample_count", "error_counts")
    class ErrorCountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    RESULT_COUNT_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERROR_COUNTS_FIELD_NUMBER: _ClassVar[int]
    request_count: int
    result_count: int
    sample_count: int
    error_counts: _containers.ScalarMap[str, int]
    def __init__(self, request_count: _Optional[int] = ..., result_count: _Optional[int] = ..., sample_count: _Optional[int] = ..., error_counts: _Optional[_Mapping[str, int]] = ...) -> None: ...
