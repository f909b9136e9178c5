"""The one table of what an error means on the wire."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import grpc.aio
from google.rpc import code_pb2, status_pb2
from grpc_status import rpc_status

from littlegiants.errors import BadInput, LittleGiantsError, Unavailable, Unparsable
from littlegiants.wire import error_status

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

CODES: dict[type[LittleGiantsError], tuple[int, str]] = {
    BadInput: (code_pb2.INVALID_ARGUMENT, "bad_input"),
    Unparsable: (code_pb2.FAILED_PRECONDITION, "unparsable"),
    Unavailable: (code_pb2.UNAVAILABLE, "unavailable"),
}
"""Code and reason; a model's fault has its own reason."""


def status_of(error: LittleGiantsError) -> status_pb2.Status:
    """`error` as a status."""
    code, reason = CODES[type(error)]
    return error_status(code, str(error), reason=reason)


def rejected_status(reason: str, failed: tuple[str, ...]) -> status_pb2.Status:
    """An output of the model that is no valid sample."""
    code, _ = CODES[Unparsable]
    message = f"the model's output is not a valid sample: {reason}"
    return error_status(code, message, reason=reason, failed_checks=failed)


@asynccontextmanager
async def answered(context: Context) -> AsyncIterator[None]:
    """End the call with a status when an error of ours comes up."""
    try:
        yield
    except LittleGiantsError as error:
        await context.abort_with_status(rpc_status.to_status(status_of(error)))
