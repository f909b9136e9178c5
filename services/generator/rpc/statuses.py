"""The one table of gRPC statuses: what an error means on the wire; an unforeseen is INTERNAL."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import grpc
import grpc.aio
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from littlegiants.errors import BadInput, LittleGiantsError, Unavailable, Unparsable
from littlegiants.wire import error_status
from services.generator.generation.served_model import TooOld
from services.generator.queue.admission import Overloaded
from services.generator.security.tokens import Unauthenticated
from services.generator.weights.source import NothingPromoted

log = logging.getLogger(__name__)

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

CODES: dict[type[LittleGiantsError], tuple[int, str]] = {
    BadInput: (code_pb2.INVALID_ARGUMENT, "bad_input"),
    Unauthenticated: (code_pb2.UNAUTHENTICATED, "unauthenticated"),
    Unparsable: (code_pb2.FAILED_PRECONDITION, "unparsable"),
    Unavailable: (code_pb2.UNAVAILABLE, "unavailable"),
    NothingPromoted: (code_pb2.UNAVAILABLE, "unavailable"),
    TooOld: (code_pb2.UNAVAILABLE, "weights_too_old"),
    Overloaded: (code_pb2.RESOURCE_EXHAUSTED, "overloaded"),
}
"""Code and reason; a model's fault has its own reason."""


def status_of(error: LittleGiantsError) -> status_pb2.Status:
    """`error` as a status."""
    code, reason = CODES[type(error)]
    status = error_status(code, str(error), reason=reason)
    if isinstance(error, BadInput):
        field, colon, what = str(error).partition(": ")
        violation = {"field": field, "description": what} if colon else {"description": field}
        status.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    if isinstance(error, Overloaded):
        info = error_details_pb2.RetryInfo()
        info.retry_delay.FromMilliseconds(int(error.retry_after_s * 1000))
        status.details.add().Pack(info)
    return status


def rejected_status(failed: tuple[str, ...]) -> status_pb2.Status:
    """An output of the model that is no valid sample; the first reason is the one told."""
    (code, _), reason = CODES[Unparsable], failed[0]
    message = f"the model's output is not a valid sample: {reason}"
    return error_status(code, message, reason=reason, failed_checks=failed)


@asynccontextmanager
async def answered(context: Context) -> AsyncIterator[None]:
    """End the call with a status when an error of ours comes up."""
    try:
        yield
    except LittleGiantsError as error:
        status: Any = rpc_status.to_status(status_of(error))
        if isinstance(error, Overloaded):
            # gRPC's own retries wait as long as this says
            pushback = ("grpc-retry-pushback-ms", str(int(error.retry_after_s * 1000)))
            status = status._replace(trailing_metadata=(*status.trailing_metadata, pushback))
        await context.abort_with_status(status)


@asynccontextmanager
async def told_faults(method: str, context: Context) -> AsyncIterator[None]:
    """End a call whose servicer failed; an error's own message may quote the request."""
    try:
        yield
    except grpc.aio.AbortError:
        raise
    except grpc.aio.BaseError as error:
        # gRPC's own: what was to be sent has nobody left to take it
        raise asyncio.CancelledError from error
    except Exception as error:  # noqa: BLE001  # the edge of a call
        name, where = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
        log.error("%s: %s at\n%s", method, name, where)
        message = f"the server failed ({name}); its log says where"
        await context.abort(grpc.StatusCode.INTERNAL, message)
