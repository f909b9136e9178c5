from littlegiants.v1 import sample_pb2 as _sample_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetModelInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetModelInfoResponse(_message.Message):
    __slots__ = ("role", "base_id", "weights_digest", "weights_version", "prompt_digests", "schema_digests", "limits", "engine_version", "refused_weights")
    class PromptDigestsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class SchemaDigestsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ROLE_FIELD_NUMBER: _ClassVar[int]
    BASE_ID_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROMPT_DIGESTS_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_DIGESTS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    REFUSED_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    role: _sample_pb2.Role
    base_id: str
    weights_digest: str
    weights_version: int
    prompt_digests: _containers.ScalarMap[str, str]
    schema_digests: _containers.ScalarMap[str, str]
    limits: Limits
    engine_version: str
    refused_weights: RefusedWeights
    def __init__(self, role: _Optional[_Union[_sample_pb2.Role, str]] = ..., base_id: _Optional[str] = ..., weights_digest: _Optional[str] = ..., weights_version: _Optional[int] = ..., prompt_digests: _Optional[_Mapping[str, str]] = ..., schema_digests: _Optional[_Mapping[str, str]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., engine_version: _Optional[str] = ..., refused_weights: _Optional[_Union[RefusedWeights, _Mapping]] = ...) -> None: ...

class RefusedWeights(_message.Message):
    __slots__ = ("weights_digest", "weights_version", "message")
    WEIGHTS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_VERSION_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    weights_digest: str
    weights_version: int
    message: str
    def __init__(self, weights_digest: _Optional[str] = ..., weights_version: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_context_tokens", "max_concurrent_completions", "max_waiting_completions", "max_batch_requests", "max_count", "max_attempts", "max_message_bytes")
    MAX_CONTEXT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENT_COMPLETIONS_FIELD_NUMBER: _ClassVar[int]
    MAX_WAITING_COMPLETIONS_FIELD_NUMBER: _ClassVar[int]
    MAX_BATCH_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    MAX_COUNT_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    max_context_tokens: int
    max_concurrent_completions: int
    max_waiting_completions: int
    max_batch_requests: int
    max_count: int
    max_attempts: int
    max_message_bytes: int
    def __init__(self, max_context_tokens: _Optional[int] = ..., max_concurrent_completions: _Optional[int] = ..., max_waiting_completions: _Optional[int] = ..., max_batch_requests: _Optional[int] = ..., max_count: _Optional[int] = ..., max_attempts: _Optional[int] = ..., max_message_bytes: _Optional[int] = ...) -> None: ...
