"""The gRPC servers of one process: services, health, ports."""

from collections.abc import Sequence
from dataclasses import dataclass

import grpc.aio
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_health.v1.health_pb2 import HealthCheckResponse

from littlegiants.connection import READY
from littlegiants.errors import Unavailable
from littlegiants.v1 import (
    admin_pb2_grpc,
    generator_pb2_grpc,
    model_pb2_grpc,
    revisor_pb2_grpc,
    score_pb2_grpc,
)
from littlegiants.wire import MAX_MESSAGE_BYTES
from services.generator.generation.served_model import Served
from services.generator.roles import REVISOR, ROLES
from services.generator.rpc.admin_servicers import AdminServicer, ModelServicer
from services.generator.rpc.generator_servicer import GeneratorServicer
from services.generator.rpc.interceptors import Interceptor, interceptors
from services.generator.rpc.revisor_servicer import RevisorServicer
from services.generator.rpc.score_servicer import ScoreServicer
from services.generator.rpc.weights_health import WeightsHealth
from services.generator.security.tls import server_credentials
from services.generator.settings import GeneratorSettings
from services.generator.telemetry.metrics import Meters

ALIVE = ""
"""Health name of the process; readiness has the names of the services."""

# without these, a long unary call over an idle connection ends with "too_many_pings"
OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.so_reuseport", 0),
)


@dataclass(frozen=True, slots=True)
class Health:
    """What health checks are told."""

    servicer: health_aio.HealthServicer
    service: str
    meters: Meters

    async def set_alive(self, is_alive: bool) -> None:
        """Liveness: whether the process is worth keeping."""
        await self._set(ALIVE, is_alive)

    async def set_ready(self, is_ready: bool) -> None:
        """Readiness: whether calls should be sent here."""
        for name in (self.service, READY):
            await self._set(name, is_ready)
        self.meters.set_ready(is_ready)

    async def _set(self, name: str, is_serving: bool) -> None:
        status = HealthCheckResponse.SERVING if is_serving else HealthCheckResponse.NOT_SERVING
        await self.servicer.set(name, status)


@dataclass(frozen=True, slots=True)
class Listening:
    """Started servers; `port` and `admin_port` are the real ones, 0 if there is none."""

    servers: tuple[grpc.aio.Server, ...]
    health: Health
    port: int
    admin_port: int


async def listen(served: Served) -> Listening:
    """Start the servers; health says alive and not ready.

    Raises Unavailable when a port is taken, BadInput when certificates or tokens will not do.
    """
    settings = served.settings
    service, meters = ROLES[settings.role].service, served.telemetry.meters
    health = Health(WeightsHealth(served), service, meters)
    await health.set_alive(True)
    await health.set_ready(False)
    server = _server(health, interceptors(served, admin=False), ages(settings))
    model_pb2_grpc.add_ModelServiceServicer_to_server(ModelServicer(served), server)
    score_pb2_grpc.add_ScoreServiceServicer_to_server(ScoreServicer(served), server)
    if ROLES[settings.role] is REVISOR:
        revisor_pb2_grpc.add_RevisorServiceServicer_to_server(RevisorServicer(served), server)
    else:
        generator_pb2_grpc.add_GeneratorServiceServicer_to_server(GeneratorServicer(served), server)
    port = _bind(server, settings, settings.host, settings.port)
    if not settings.admin_port:
        await server.start()
        return Listening((server,), health, port, 0)
    admin = _server(health, interceptors(served, admin=True))
    operator = AdminServicer(served, lambda: health.set_ready(False))
    admin_pb2_grpc.add_AdminServiceServicer_to_server(operator, admin)
    model_pb2_grpc.add_ModelServiceServicer_to_server(ModelServicer(served), admin)
    admin_port = _bind(admin, settings, settings.admin_host, settings.admin_port)
    await server.start()
    await admin.start()
    return Listening((server, admin), health, port, admin_port)


def ages(settings: GeneratorSettings) -> tuple[tuple[str, int], ...]:
    """Connections end after a while, so that clients that resolve names by DNS find new servers."""
    if not settings.max_connection_age_s:
        return ()
    return (
        ("grpc.max_connection_age_ms", int(settings.max_connection_age_s * 1000)),
        ("grpc.max_connection_age_grace_ms", int(settings.longest_call_s * 1000)),
    )


def _server(
    health: Health, passed: Sequence[Interceptor], more: tuple[tuple[str, int], ...] = ()
) -> grpc.aio.Server:
    server = grpc.aio.server(options=(*OPTIONS, *more), interceptors=passed)
    health_pb2_grpc.add_HealthServicer_to_server(health.servicer, server)
    return server


def _bind(server: grpc.aio.Server, settings: GeneratorSettings, host: str, port: int) -> int:
    tls, address = server_credentials(settings), f"{host}:{port}"
    try:
        if tls is not None:
            return int(server.add_secure_port(address, tls))
        return int(server.add_insecure_port(address))
    except RuntimeError as error:
        raise Unavailable(f"{host}:{port}: cannot listen there; choose another port") from error
