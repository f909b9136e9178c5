"""What nobody foresaw: the caller is told INTERNAL, and the log where it was, without any text."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import grpc.aio

from services.generator.rpc.statuses import Context

log = logging.getLogger(__name__)


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
