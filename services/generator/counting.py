"""What a call takes of its caller's quota is given back when it ends, however it ends."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import grpc
import grpc.aio

from services.generator.authentication import Continuation, Handler
from services.generator.quotas import Quotas
from services.generator.statuses import Context


class Counting(grpc.aio.ServerInterceptor):
    """Lets every call count what it takes."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        """The handler within a counted call."""
        handler: Any = await continuation(handler_call_details)
        if handler is None or handler.request_streaming:
            return handler
        codecs = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                _streaming(handler.unary_stream, self._quotas), **codecs
            )
        return grpc.unary_unary_rpc_method_handler(
            _unary(handler.unary_unary, self._quotas), **codecs
        )


def _unary(behave: Callable[..., Any], quotas: Quotas) -> Callable[..., Any]:
    async def call(request: Any, context: Context) -> Any:
        with quotas.call():
            return await behave(request, context)

    return call


def _streaming(behave: Callable[..., Any], quotas: Quotas) -> Callable[..., Any]:
    async def call(request: Any, context: Context) -> Any:
        with quotas.call():
            async with aclosing(behave(request, context)) as responses:
                async for response in responses:
                    yield response

    return call
