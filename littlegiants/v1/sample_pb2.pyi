from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
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
    __slots__ = ("topic", "text", "language", "retrieval", "classification", "sts", "matching_short", "matching_long", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    RETRIEVAL_FIELD_NUMBER: _ClassVar[int]
    CLASSIFICATION_FIELD_NUMBER: _ClassVar[int]
    STS_FIELD_NUMBER: _ClassVar[int]
    MATCHING_SHORT_FIELD_NUMBER: _ClassVar[int]
    MATCHING_LONG_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    topic: str
    text: str
    language: str
    retrieval: RetrievalAttributes
    classification: ClassificationAttributes
    sts: StsAttributes
    matching_short: MatchingShortAttributes
    matching_long: MatchingLongAttributes
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, topic: _Optional[str] = ..., text: _Optional[str] = ..., language: _Optional[str] = ..., retrieval: _Optional[_Union[RetrievalAttributes, _Mapping]] = ..., classification: _Optional[_Union[ClassificationAttributes, _Mapping]] = ..., sts: _Optional[_Union[StsAttributes, _Mapping]] = ..., matching_short: _Optional[_Union[MatchingShortAttributes, _Mapping]] = ..., matching_long: _Optional[_Union[MatchingLongAttributes, _Mapping]] = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class RetrievalAttributes(_message.Message):
    __slots__ = ("query_type", "query_length", "clarity", "document_length", "difficulty", "line_order")
    QUERY_TYPE_FIELD_NUMBER: _ClassVar[int]
    QUERY_LENGTH_FIELD_NUMBER: _ClassVar[int]
    CLARITY_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    DIFFICULTY_FIELD_NUMBER: _ClassVar[int]
    LINE_ORDER_FIELD_NUMBER: _ClassVar[int]
    query_type: str
    query_length: str
    clarity: str
    document_length: str
    difficulty: str
    line_order: int
    def __init__(self, query_type: _Optional[str] = ..., query_length: _Optional[str] = ..., clarity: _Optional[str] = ..., document_length: _Optional[str] = ..., difficulty: _Optional[str] = ..., line_order: _Optional[int] = ...) -> None: ...

class ClassificationAttributes(_message.Message):
    __slots__ = ("text_length", "clarity_and_difficulty", "line_order")
    TEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    CLARITY_AND_DIFFICULTY_FIELD_NUMBER: _ClassVar[int]
    LINE_ORDER_FIELD_NUMBER: _ClassVar[int]
    text_length: str
    clarity_and_difficulty: str
    line_order: int
    def __init__(self, text_length: _Optional[str] = ..., clarity_and_difficulty: _Optional[str] = ..., line_order: _Optional[int] = ...) -> None: ...

class StsAttributes(_message.Message):
    __slots__ = ("unit", "high_score", "low_score", "text_length", "difficulty", "line_order")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    HIGH_SCORE_FIELD_NUMBER: _ClassVar[int]
    LOW_SCORE_FIELD_NUMBER: _ClassVar[int]
    TEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    DIFFICULTY_FIELD_NUMBER: _ClassVar[int]
    LINE_ORDER_FIELD_NUMBER: _ClassVar[int]
    unit: str
    high_score: str
    low_score: str
    text_length: str
    difficulty: str
    line_order: int
    def __init__(self, unit: _Optional[str] = ..., high_score: _Optional[str] = ..., low_score: _Optional[str] = ..., text_length: _Optional[str] = ..., difficulty: _Optional[str] = ..., line_order: _Optional[int] = ...) -> None: ...

class MatchingShortAttributes(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MatchingLongAttributes(_message.Message):
    __slots__ = ("document_length",)
    DOCUMENT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    document_length: str
    def __init__(self, document_length: _Optional[str] = ...) -> None: ...

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
    __slots__ = ("role", "weights_digest", "weights_version", "weights_spans", "prompt_digest", "attributes", "seed", "finish_reason", "prompt_tokens", "completion_tokens", "attempt", "timings")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ROLE_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_VERSION_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_SPANS_FIELD_NUMBER: _ClassVar[int]
    PROMPT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    FINISH_REASON_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_TOKENS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    role: Role
    weights_digest: str
    weights_version: int
    weights_spans: _containers.RepeatedCompositeFieldContainer[WeightsSpan]
    prompt_digest: str
    attributes: _containers.ScalarMap[str, str]
    seed: int
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    attempt: int
    timings: Timings
    def __init__(self, role: _Optional[_Union[Role, str]] = ..., weights_digest: _Optional[str] = ..., weights_version: _Optional[int] = ..., weights_spans: _Optional[_Iterable[_Union[WeightsSpan, _Mapping]]] = ..., prompt_digest: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., seed: _Optional[int] = ..., finish_reason: _Optional[_Union[FinishReason, str]] = ..., prompt_tokens: _Optional[int] = ..., completion_tokens: _Optional[int] = ..., attempt: _Optional[int] = ..., timings: _Optional[_Union[Timings, _Mapping]] = ...) -> None: ...

class WeightsSpan(_message.Message):
    __slots__ = ("weights_digest", "first_token", "token_count")
    WEIGHTS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    FIRST_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    weights_digest: str
    first_token: int
    token_count: int
    def __init__(self, weights_digest: _Optional[str] = ..., first_token: _Optional[int] = ..., token_count: _Optional[int] = ...) -> None: ...

class Timings(_message.Message):
    __slots__ = ("waiting_s", "writing_s", "total_s")
    WAITING_S_FIELD_NUMBER: _ClassVar[int]
    WRITING_S_FIELD_NUMBER: _ClassVar[int]
    TOTAL_S_FIELD_NUMBER: _ClassVar[int]
    waiting_s: float
    writing_s: float
    total_s: float
    def __init__(self, waiting_s: _Optional[float] = ..., writing_s: _Optional[float] = ..., total_s: _Optional[float] = ...) -> None: ...

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
