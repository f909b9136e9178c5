"""A collector of traces that keeps what it is sent."""

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


@dataclass(frozen=True, slots=True)
class Sent:
    """A span as it came in."""

    service: str
    name: str
    trace_id: str


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Takes spans by OTLP over gRPC."""

    def __init__(self) -> None:
        self.spans: list[Sent] = []
        self.endpoint = ""

    def Export(self, request: Any, context: object) -> Any:
        """Keep them."""
        for sent in request.resource_spans:
            resource = {each.key: each.value.string_value for each in sent.resource.attributes}
            self.spans += [
                Sent(resource.get("service.name", ""), span.name, span.trace_id.hex())
                for scope in sent.scope_spans
                for span in scope.spans
            ]
        return trace_service_pb2.ExportTraceServiceResponse()


@contextmanager
def span_collector() -> Iterator[Collector]:
    """A collector that listens."""
    collector, server = Collector(), grpc.server(futures.ThreadPoolExecutor(1))
    add: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server
    add(collector, server)
    collector.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(None).wait()
