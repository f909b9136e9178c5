"""Authentication: no call without a caller's token; health checks need none."""

from typing import Any

import grpc
import grpc.aio
from grpc_status import rpc_status

from services.generator.rpc.around_call import Continuation, Handler
from services.generator.rpc.statuses import Context, status_of
from services.generator.security.tokens import CALLER, Callers, Unauthenticated

EXEMPT = "/grpc.health.v1.Health/"
SCHEME = "bearer "


class Authentication(grpc.aio.ServerInterceptor):
    """Lets calls with a known token pass and notes whose they are."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler | None":
        """Pass the call on, or refuse it before its message is read."""
        if str(handler_call_details.method).startswith(EXEMPT):
            return await continuation(handler_call_details)
        token = _token_in(handler_call_details.invocation_metadata)
        name = self._callers.name_of(token) if token else None
        if name is None:
            return _refusal(has_token=bool(token))
        CALLER.set(name)
        return await continuation(handler_call_details)


def _token_in(metadata: Any) -> str:
    """The bearer token; empty when there is none, or more than one."""
    values = [str(value) for key, value in metadata or () if key == "authorization"]
    if len(values) != 1 or not values[0].casefold().startswith(SCHEME):
        return ""
    return values[0][len(SCHEME) :].strip()


def _refusal(*, has_token: bool) -> "Handler":
    message = (
        "authorization: nobody holds this token here; read it again, it may have been changed"
        if has_token
        else 'authorization: no token; send the metadata "authorization: Bearer TOKEN"'
    )
    status = rpc_status.to_status(status_of(Unauthenticated(message)))

    async def refuse(requests: object, context: Context) -> None:
        await context.abort_with_status(status)

    # as a stream of requests, so that not one of them is read
    return grpc.stream_stream_rpc_method_handler(refuse)
