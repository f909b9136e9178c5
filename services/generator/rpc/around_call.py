"""Something around each call of a method, from its first moment to its last."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, TypeAlias

import grpc
import grpc.aio

from services.generator.rpc.statuses import Context

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]"
Around = Callable[[str, Context], AbstractAsyncContextManager[None]]
"""Of a method's name and a call's context."""


class Wrapping(grpc.aio.ServerInterceptor):
    """Runs every call inside what `around` gives for it."""

    def __init__(self, around: Around) -> None:
        self._around = around

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        """The handler, wrapped."""
        handler: Any = await continuation(handler_call_details)
        if handler is None:
            return None
        method = str(handler_call_details.method)
        codecs = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.request_streaming:
            # no method of ours has such requests: this is a refusal that reads none
            return grpc.stream_stream_rpc_method_handler(
                self._unary(handler.stream_stream, method), **codecs
            )
        if handler.response_streaming:
            streaming = self._streaming(handler.unary_stream, method)
            return grpc.unary_stream_rpc_method_handler(streaming, **codecs)
        return grpc.unary_unary_rpc_method_handler(
            self._unary(handler.unary_unary, method), **codecs
        )

    def _unary(self, behave: Callable[..., Any], method: str) -> Callable[..., Any]:
        async def call(request: Any, context: Context) -> Any:
            async with self._around(method, context):
                return await behave(request, context)

        return call

    def _streaming(self, behave: Callable[..., Any], method: str) -> Callable[..., Any]:
        async def call(request: Any, context: Context) -> Any:
            async with self._around(method, context), aclosing(behave(request, context)) as answers:
                async for answer in answers:
                    yield answer

        return call
