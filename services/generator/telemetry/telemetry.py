"""Telemetry of one server: metrics and traces from before its model is loaded until it is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry.trace import NoOpTracer, Tracer
from prometheus_client import REGISTRY, CollectorRegistry, start_http_server

from littlegiants.errors import Unavailable
from services.generator.settings import GeneratorSettings
from services.generator.telemetry.metrics import Meters
from services.generator.telemetry.tracing import open_tracer


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What is told of a server; by default nobody listens."""

    meters: Meters = field(default_factory=lambda: Meters(CollectorRegistry()))
    tracer: Tracer = field(default_factory=NoOpTracer)


@contextmanager
def open_telemetry(settings: GeneratorSettings) -> Iterator[Telemetry]:
    """Serve metrics and export traces as the settings of a role say.

    Raises Unavailable when the metrics port is taken.
    """
    meters = Meters(CollectorRegistry())
    with _metrics_served(settings, meters), open_tracer(settings) as tracer:
        yield Telemetry(meters, tracer)


@contextmanager
def _metrics_served(settings: GeneratorSettings, meters: Meters) -> Iterator[None]:
    if not settings.metrics_port:
        yield
        return
    if settings.role == settings.role_names[0]:
        # the engine's own metrics, and those of the process; they are not each role's
        meters.registry.register(REGISTRY)
    address = f"{settings.metrics_host}:{settings.metrics_port}"
    try:
        server, thread = start_http_server(
            settings.metrics_port, settings.metrics_host, meters.registry
        )
    except OSError as error:
        raise Unavailable(
            f"{address}: cannot serve metrics there ({error}); choose another --metrics-port"
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
