"""Each call is counted, traced and, where it fails, logged; never with a word of what was asked."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import grpc
from grpc_health.v1 import health_pb2
from opentelemetry import trace

from littlegiants.v1 import admin_pb2, generator_pb2, model_pb2, revisor_pb2, score_pb2
from services.generator.rpc.statuses import Context
from services.generator.security.tokens import CALLER
from services.generator.telemetry.current_call import CALL, Call
from services.generator.telemetry.telemetry import Telemetry
from services.generator.telemetry.tracing import begin_call

HEALTH = "grpc.health.v1.Health/"
OTHER = "other"
METHODS = frozenset(
    f"{service.full_name}/{method.name}"
    for module in (admin_pb2, generator_pb2, health_pb2, model_pb2, revisor_pb2, score_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
)
"""Names that are counted; a caller can make up others."""
log = logging.getLogger(__name__)


class Observer:
    """What goes around every call."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    @asynccontextmanager
    async def observed(self, path: str, context: Context) -> AsyncIterator[None]:
        """One call, from its first moment to its last."""
        method = path.lstrip("/")
        method = method if method in METHODS else OTHER
        code, began = grpc.StatusCode.UNKNOWN, monotonic()
        CALL.set(Call(method))
        span = self._begin(method, context)
        try:
            yield
            code = _code(context, grpc.StatusCode.OK)
        except (asyncio.CancelledError, GeneratorExit):
            code = _why_cancelled(context)
            raise
        except BaseException:
            code = _code(context, grpc.StatusCode.UNKNOWN)
            raise
        finally:
            self._telemetry.meters.call(method, code.name)
            _end(span, code)
            if not method.startswith(HEALTH):
                _say(method, code, monotonic() - began)

    def _begin(self, method: str, context: Context) -> trace.Span:
        if method.startswith(HEALTH):
            return trace.INVALID_SPAN
        return begin_call(self._telemetry.tracer, method, context.invocation_metadata() or ())


def _code(context: Context, unset: grpc.StatusCode) -> grpc.StatusCode:
    code: grpc.StatusCode | None = context.code()  # None until one is set
    return unset if code is None else code


def _why_cancelled(context: Context) -> grpc.StatusCode:
    left_s = context.time_remaining()
    is_late = left_s is not None and left_s <= 0
    return grpc.StatusCode.DEADLINE_EXCEEDED if is_late else grpc.StatusCode.CANCELLED


def _end(span: trace.Span, code: grpc.StatusCode) -> None:
    span.set_attribute("rpc.grpc.status_code", code.value[0])
    if caller := CALLER.get():
        span.set_attribute("littlegiants.caller", caller)
    if code is not grpc.StatusCode.OK:
        span.set_status(trace.StatusCode.ERROR, code.name)
    span.end()


def _say(method: str, code: grpc.StatusCode, seconds: float) -> None:
    level = logging.DEBUG if code is grpc.StatusCode.OK else logging.INFO
    log.log(level, "%s ended with %s after %.3f s", method, code.name, seconds)
