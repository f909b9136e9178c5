"""A connection to a generator service: health, model info, and what a refusal means."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from littlegiants.answers import ModelInfo
from littlegiants.answers_from_wire import model_info_from_wire
from littlegiants.credentials import Credentials
from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from littlegiants.proxies import host_of, is_direct
from littlegiants.tracing import tracing_interceptors
from littlegiants.v1 import model_pb2, model_pb2_grpc
from littlegiants.wire import MAX_MESSAGE_BYTES

READY = "littlegiants.v1.ModelService"
"""Health name that every role has; it flips together with the role's own service."""
TIMEOUT_S = 600.0
POLL_S = 0.25

RETRIED_SERVICES = ("GeneratorService", "RevisorService", "ScoreService", "ModelService")
SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{"service": f"littlegiants.v1.{service}"} for service in RETRIED_SERVICES],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.5s",
                "maxBackoff": "5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
            },
        }
    ],
}
"""A retry is safe: an equal request with an equal seed has an equal answer."""

OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
)

CALLERS_FAULT = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
    }
)
"""Statuses that a retry cannot change; every other one is the world's fault."""


def open_channel(address: str, credentials: Credentials | None = None) -> grpc.aio.Channel:
    """A channel to `address`; it must be opened inside a running event loop.

    Without `credentials` the environment's are taken. Raises BadInput when a file cannot be read.
    """
    chosen = Credentials.from_environment() if credentials is None else credentials
    interceptors = (*chosen.interceptors(), *tracing_interceptors())
    tls = chosen.channel_credentials()
    is_proxied = not is_direct(host_of(address), is_plain=tls is None)
    options = (*OPTIONS, ("grpc.enable_http_proxy", int(is_proxied)))
    if tls is None:
        return grpc.aio.insecure_channel(address, options=options, interceptors=interceptors)
    named = (("grpc.ssl_target_name_override", chosen.server_name),) if chosen.server_name else ()
    return grpc.aio.secure_channel(
        address, tls, options=(*options, *named), interceptors=interceptors
    )


def error_of(address: str, error: grpc.aio.AioRpcError) -> LittleGiantsError:
    """A failed call as BadInput or Unavailable."""
    message = f"{address}: {error.code().name}: {error.details()}"
    return BadInput(message) if error.code() in CALLERS_FAULT else Unavailable(message)


@contextmanager
def translated_errors(address: str) -> Iterator[None]:
    """Raise BadInput or Unavailable in place of a gRPC error."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise error_of(address, error) from error


class ServiceClient:
    """One connection; `async with` closes it. Without `credentials`: those of the environment."""

    def __init__(self, address: str, *, credentials: Credentials | None = None) -> None:
        self.address = address
        self.credentials = credentials
        self._channel: grpc.aio.Channel | None = None

    async def __aenter__(self) -> Self:
        self._channel = open_channel(self.address, self.credentials)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.channel.close()

    @property
    def channel(self) -> grpc.aio.Channel:
        """The open connection."""
        if self._channel is None:
            raise RuntimeError("use the client in an `async with` block")
        return self._channel

    async def model_info(self, *, timeout_s: float = 30) -> ModelInfo:
        """What the server serves.

        Raises Unavailable when it does not answer in time.
        """
        stub = model_pb2_grpc.ModelServiceStub(self.channel)
        with translated_errors(self.address):
            info = await stub.GetModelInfo(model_pb2.GetModelInfoRequest(), timeout=timeout_s)
        return model_info_from_wire(info)

    async def is_serving(self, *, timeout_s: float = 5) -> bool:
        """Whether the server answers and takes requests."""
        stub: Any = health_pb2_grpc.HealthStub(self.channel)
        request = health_pb2.HealthCheckRequest(service=READY)
        try:
            answer = await stub.Check(request, timeout=timeout_s)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def wait_until_serving(self, timeout_s: float = TIMEOUT_S) -> None:
        """Return as soon as the server takes requests.

        Raises Unavailable when it does not within `timeout_s`.
        """
        end = time.monotonic() + timeout_s
        while (left := end - time.monotonic()) > 0:
            if await self.is_serving(timeout_s=left):
                return
            await asyncio.sleep(min(POLL_S, max(0.0, end - time.monotonic())))
        raise Unavailable(f"{self.address}: not serving within {timeout_s:g} s")
