"""Where a trace comes in and where it goes on: W3C trace context, OTLP over gRPC."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context as current
from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import littlegiants
from services.generator.settings import GeneratorSettings

HEADERS = ("traceparent", "tracestate")
SCOPE = "littlegiants.generator"
EXPORT_S = 3.0
"""A collector that does not answer holds up the end of a server for no longer."""
PROPAGATOR = TraceContextTextMapPropagator()


@contextmanager
def open_tracer(settings: GeneratorSettings) -> Iterator[trace.Tracer]:
    """A tracer that exports to `otlp_endpoint`; without one, nothing is recorded or sent.

    Leaving the context sends what is left.
    """
    if not settings.otlp_endpoint:
        yield trace.NoOpTracer()
        return
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    name = f"littlegiants-{settings.role}"
    resource = Resource.create({SERVICE_NAME: name, SERVICE_VERSION: littlegiants.__version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(settings.otlp_endpoint, timeout=EXPORT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield provider.get_tracer(SCOPE)
    finally:
        provider.shutdown()


def begin_call(
    tracer: trace.Tracer, method: str, metadata: Iterable[tuple[str, str | bytes]]
) -> trace.Span:
    """A span below the caller's; it is the current one until the present task ends."""
    carrier = {key: str(value) for key, value in metadata if key in HEADERS}
    service, _, name = method.rpartition("/")
    span = tracer.start_span(
        method,
        context=PROPAGATOR.extract(carrier),
        kind=trace.SpanKind.SERVER,
        attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": name},
    )
    # gRPC gives each call a task of its own, whose context ends with it: there is no detaching
    current.attach(trace.set_span_in_context(span))
    return span


def trace_headers(tracer: trace.Tracer) -> Mapping[str, str] | None:
    """What carries the current span on to the engine; None where nothing is traced."""
    if isinstance(tracer, trace.NoOpTracer):
        return None
    headers: dict[str, str] = {}
    PROPAGATOR.inject(headers)
    return headers or None
