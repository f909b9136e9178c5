"""Tracing: a caller's span goes on in the service, with `pip install littlegiants[otel]`."""

import sys
from typing import Any

import grpc.aio


def tracing_interceptors() -> tuple[grpc.aio.ClientInterceptor, ...]:
    """What adds the W3C trace context of the current span to each call."""
    return (_UnaryTrace(), _StreamTrace())


class _UnaryTrace(grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Any, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(_traced(client_call_details), request)


class _StreamTrace(grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Any, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(_traced(client_call_details), request)


def _traced(details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
    headers = _headers()
    if not headers:
        return details
    metadata = grpc.aio.Metadata(*(details.metadata or ()))
    for name, value in headers.items():
        metadata.add(name, value)
    return grpc.aio.ClientCallDetails(
        details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
    )


def _headers() -> dict[str, str]:
    """Empty where no span is under way: nobody can have begun one without this module."""
    if "opentelemetry.trace" not in sys.modules:
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers)
    return headers
