"""Why a call failed: in a word, and whether the item or the service is to blame."""

import grpc
import grpc.aio
from google.rpc import status_pb2

from littlegiants.errors import BadInput, LittleGiantsError
from littlegiants.wire import error_reason

DETAILS = "grpc-status-details-bin"
"""Where gRPC keeps a google.rpc.Status."""

NOT_AN_ITEMS = frozenset(
    {
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
    }
)
"""Refusals that every other item would get as well."""


def reason_of(error: LittleGiantsError) -> str:
    """The reason that the server named, else the name of its status code in lower case."""
    failed = error.__cause__
    if not isinstance(failed, grpc.aio.AioRpcError):
        return "bad_input" if isinstance(error, BadInput) else "unavailable"
    for key, value in failed.trailing_metadata() or ():
        if key == DETAILS:
            return error_reason(status_pb2.Status.FromString(value))
    return failed.code().name.lower()


def is_an_items(error: LittleGiantsError) -> bool:
    """Whether another item may fare better."""
    failed = error.__cause__
    return not (isinstance(failed, grpc.aio.AioRpcError) and failed.code() in NOT_AN_ITEMS)
