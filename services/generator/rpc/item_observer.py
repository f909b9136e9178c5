"""Each item of a call is counted, timed and traced."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Any, TypeVar

from opentelemetry import trace

from littlegiants.errors import LittleGiantsError
from littlegiants.v1 import generator_pb2, revisor_pb2, score_pb2
from littlegiants.wire import error_reason
from services.generator.generation.served_model import Served
from services.generator.rpc.statuses import status_of
from services.generator.telemetry.current_call import CALL, REQUEST_ID, note_request

Result = TypeVar(
    "Result", generator_pb2.GenerateResult, revisor_pb2.ReviseResult, score_pb2.ScoreResult
)
AnyResult = generator_pb2.GenerateResult | revisor_pb2.ReviseResult | score_pb2.ScoreResult


async def observed(
    write: Callable[[], Awaitable[Result]], names: Mapping[str, Any], served: Served
) -> Result:
    """What `write` gives; `names` say whose item it is."""
    call, began, reason = CALL.get(), monotonic(), ""
    note_request(names["request_id"])
    REQUEST_ID.set(names["request_id"])
    rpc = call.method.rpartition("/")[2] if call else "other"
    with served.telemetry.tracer.start_as_current_span(
        f"{rpc} item",
        # an error's own message may quote the request: its name is enough
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            result = await write()
            reason = error_reason(result.error) if result.HasField("error") else ""
            _describe(span, result, served)
        except BaseException as error:
            reason = _reason_of(error)
            raise
        finally:
            _conclude(span, names, reason)
            served.telemetry.meters.item(rpc, reason, monotonic() - began)
    return result


def _reason_of(error: BaseException) -> str:
    if isinstance(error, LittleGiantsError):
        return error_reason(status_of(error))
    return "cancelled" if isinstance(error, asyncio.CancelledError) else "internal"


def _conclude(span: trace.Span, names: Mapping[str, Any], reason: str) -> None:
    if not span.is_recording():
        return
    span.set_attributes({f"littlegiants.{name}": value for name, value in names.items()})
    span.set_attribute("littlegiants.outcome", "error" if reason else "sample")
    if reason:
        span.set_attribute("littlegiants.reason", reason)
        span.set_status(trace.StatusCode.ERROR, reason)


def _describe(span: trace.Span, result: AnyResult, served: Served) -> None:
    if not span.is_recording():
        return
    span.set_attribute("littlegiants.role", served.settings.role)
    if isinstance(result, score_pb2.ScoreResult):
        source: Any = result.score
        counts = {"gen_ai.usage.output_tokens": source.token_count}
    else:
        source = result.provenance
        counts = {
            "gen_ai.usage.input_tokens": source.prompt_tokens,
            "gen_ai.usage.output_tokens": source.completion_tokens,
            "littlegiants.attempt": source.attempt,
        }
    span.set_attribute("littlegiants.weights_digest", source.weights_digest)
    span.set_attribute("littlegiants.prompt_digest", source.prompt_digest)
    span.set_attributes(counts)
