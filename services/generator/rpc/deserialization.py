"""Deserialization of requests: one that cannot be read is refused, as the caller's fault."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import grpc
import grpc.aio
from google.protobuf.message import DecodeError
from grpc_status import rpc_status

from littlegiants.errors import BadInput
from services.generator.rpc.statuses import Context, status_of

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]"


class Deserialization(grpc.aio.ServerInterceptor):
    """Reads requests where a status can still be chosen; gRPC itself would answer INTERNAL."""

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        """Give the handler raw bytes and read them for it."""
        handler: Any = await continuation(handler_call_details)
        if handler is None or handler.request_streaming:
            return handler
        read = handler.request_deserializer
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                _streaming(handler.unary_stream, read),
                response_serializer=handler.response_serializer,
            )
        return grpc.unary_unary_rpc_method_handler(
            _unary(handler.unary_unary, read), response_serializer=handler.response_serializer
        )


def _unary(behave: Callable[..., Any], read: Callable[[bytes], Any]) -> Callable[..., Any]:
    async def call(raw: bytes, context: Context) -> Any:
        return await behave(await _message(raw, read, context), context)

    return call


def _streaming(behave: Callable[..., Any], read: Callable[[bytes], Any]) -> Callable[..., Any]:
    async def call(raw: bytes, context: Context) -> Any:
        async for response in behave(await _message(raw, read, context), context):
            yield response

    return call


async def _message(raw: bytes, read: Callable[[bytes], Any], context: Context) -> Any:
    try:
        return read(raw)
    except DecodeError as error:
        refusal = BadInput(f"request: not a message of this method, or not UTF-8 ({error})")
        return await context.abort_with_status(rpc_status.to_status(status_of(refusal)))
