"""One trace from the caller's span to the engine."""

import asyncio
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags, format_span_id, format_trace_id

from littlegiants.client import GeneratorClient
from littlegiants.errors import BadInput
from services.generator.engine.protocol import Completion, CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, open_scripted
from services.generator.server import serve
from services.generator.settings import GeneratorSettings
from services.generator.telemetry.telemetry import Telemetry
from tests.unit.scripted_server import free_port, prompt_of, scripted_server
from tests.unit.span_collector import span_collector

SAMPLED = TraceFlags.SAMPLED
CALL = "littlegiants.v1.GeneratorService/Generate"


class Noting(ScriptedEngine):
    """Keeps the trace headers that it is given."""

    def __init__(self, script: Any = None) -> None:
        super().__init__(*([script] if script else []))
        self.headers: list[Mapping[str, str] | None] = []

    async def complete(self, request: CompletionRequest) -> Completion:
        """As scripted."""
        self.headers.append(request.trace_headers)
        return await super().complete(request)


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """Where the server's spans go."""
    return InMemorySpanExporter()


@pytest.fixture
def telemetry(spans: InMemorySpanExporter) -> Telemetry:
    """Of a server that is traced."""
    return Telemetry(tracer=provider_to(spans).get_tracer("server"))


def provider_to(spans: InMemorySpanExporter, **options: Any) -> TracerProvider:
    """What makes tracers."""
    provider = TracerProvider(shutdown_on_exit=False, **options)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return provider


def context_of(span: ReadableSpan) -> SpanContext:
    """Its ids."""
    assert span.context is not None
    return span.context


def parents(found: Sequence[ReadableSpan]) -> dict[str, int]:
    """Id of the parent of each span, by name."""
    return {span.name: span.parent.span_id if span.parent else 0 for span in found}


def flags_after(headers: Mapping[str, str] | None, span: ReadableSpan, trace_id: int) -> int:
    """Flags of headers that name this span of this trace."""
    expected = f"00-{format_trace_id(trace_id)}-{format_span_id(context_of(span).span_id)}-"
    assert headers
    assert headers["traceparent"].startswith(expected)
    return int(headers["traceparent"].removeprefix(expected), 16)


async def test_one_trace_runs_from_the_callers_span_through_call_and_item_to_the_engine(
    telemetry: Telemetry, spans: InMemorySpanExporter
) -> None:
    engine, caller = Noting(), provider_to(InMemorySpanExporter()).get_tracer("caller")
    opened = scripted_server(engine, telemetry=telemetry)
    async with opened as server, GeneratorClient(server.address) as client:
        with caller.start_as_current_span("caller") as outer:
            (answer,) = await client.generate(prompt_of())
    trace_id, outer_id = outer.get_span_context().trace_id, outer.get_span_context().span_id
    item, call = spans.get_finished_spans()
    assert {context_of(item).trace_id, context_of(call).trace_id} == {trace_id}
    assert parents((item, call)) == {CALL: outer_id, "Generate item": context_of(call).span_id}
    assert call.kind is SpanKind.SERVER
    (headers,) = engine.headers
    assert flags_after(headers, item, trace_id) & SAMPLED
    attributes = dict(item.attributes or {})
    assert attributes["littlegiants.outcome"] == "sample"
    assert attributes["littlegiants.role"] == "junior"
    assert attributes["littlegiants.weights_digest"] == "first"
    assert attributes["littlegiants.prompt_digest"] == answer.provenance.prompt_digest
    assert attributes["littlegiants.attempt"] == 1
    assert attributes["littlegiants.request_id"] == prompt_of().id
    tokens = answer.provenance.completion_tokens
    assert attributes["gen_ai.usage.output_tokens"] == tokens


async def test_items_of_a_stream_stand_below_its_call(
    telemetry: Telemetry, spans: InMemorySpanExporter
) -> None:
    opened = scripted_server(telemetry=telemetry)
    async with opened as server, GeneratorClient(server.address) as client:
        batch = [prompt_of(seed=seed) for seed in range(3)]
        assert len([each async for each in client.generate_batch(batch)]) == 3
    *items, call = spans.get_finished_spans()
    assert call.name == "littlegiants.v1.GeneratorService/GenerateBatch"
    assert call.parent is None
    parent_ids = {item.parent.span_id for item in items if item.parent}
    assert (len(items), parent_ids) == (3, {context_of(call).span_id})


async def test_an_item_without_a_sample_says_why_and_quotes_nothing(
    telemetry: Telemetry, spans: InMemorySpanExporter
) -> None:
    opened = scripted_server(ScriptedEngine(lambda request: "a secret"), telemetry=telemetry)
    async with opened as server, GeneratorClient(server.address) as client:
        await client.generate(prompt_of())
        with pytest.raises(BadInput):
            await client.generate(prompt_of(), count=65)
    item, good_call, bad_call = spans.get_finished_spans()
    assert dict(item.attributes or {})["littlegiants.reason"] == "no_json"
    assert dict(good_call.attributes or {})["rpc.grpc.status_code"] == 0
    assert dict(bad_call.attributes or {})["rpc.grpc.status_code"] == 3
    assert "secret" not in "".join(span.to_json() for span in (item, good_call, bad_call))


async def test_an_item_that_fails_quotes_nothing_either(
    telemetry: Telemetry, spans: InMemorySpanExporter
) -> None:
    def script(request: CompletionRequest) -> str:
        raise BadInput("task: a secret is too long")

    opened = scripted_server(ScriptedEngine(script), telemetry=telemetry)
    async with opened as server, GeneratorClient(server.address) as client:
        with pytest.raises(BadInput):
            await client.generate(prompt_of())
    item, _ = spans.get_finished_spans()
    assert dict(item.attributes or {})["littlegiants.reason"] == "bad_input"
    assert "secret" not in item.to_json()


async def test_a_caller_that_samples_nothing_is_followed_to_the_engine(
    telemetry: Telemetry, spans: InMemorySpanExporter
) -> None:
    engine = Noting()
    silent = provider_to(InMemorySpanExporter(), sampler=ALWAYS_OFF).get_tracer("caller")
    opened = scripted_server(engine, telemetry=telemetry)
    async with opened as server, GeneratorClient(server.address) as client:
        with silent.start_as_current_span("caller"):
            await client.generate(prompt_of())
    assert not spans.get_finished_spans()
    (headers,) = engine.headers
    assert headers
    assert not int(headers["traceparent"][-2:], 16) & SAMPLED


async def test_health_checks_are_not_traced(
    telemetry: Telemetry, spans: InMemorySpanExporter
) -> None:
    opened = scripted_server(telemetry=telemetry)
    async with opened as server, GeneratorClient(server.address) as client:
        assert await client.is_serving()
    assert not spans.get_finished_spans()


async def test_by_default_nothing_is_traced_and_the_engine_hears_nothing() -> None:
    engine, caller = Noting(), provider_to(InMemorySpanExporter()).get_tracer("caller")
    async with scripted_server(engine) as server, GeneratorClient(server.address) as client:
        with caller.start_as_current_span("caller"):
            await client.generate(prompt_of())
    assert engine.headers == [None]


def settings_of(model: Path, otlp_endpoint: str) -> GeneratorSettings:
    """Of a server on a free port."""
    (model / "config.json").write_text("{}")
    return GeneratorSettings(
        role="senior", model=model, host="127.0.0.1", port=free_port(), otlp_endpoint=otlp_endpoint
    )


async def served_once(settings: GeneratorSettings) -> None:
    """Serve one call and stop."""
    serving = asyncio.create_task(serve(settings, open_scripted(ScriptedEngine())))
    async with GeneratorClient(f"127.0.0.1:{settings.port}") as client:
        await client.wait_until_serving(20)
        await client.generate(prompt_of())
    signal.raise_signal(signal.SIGTERM)
    assert await serving == 0


async def test_a_stopping_server_sends_what_it_has_to_its_collector(tmp_path: Path) -> None:
    with span_collector() as collector:
        await served_once(settings_of(tmp_path, collector.endpoint))
    assert sorted(span.name for span in collector.spans) == ["Generate item", CALL]
    assert {span.service for span in collector.spans} == {"littlegiants-senior"}


async def test_a_collector_that_never_answers_keeps_no_server_from_stopping(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port, began = silent.getsockname()[1], time.monotonic()
        await served_once(settings_of(tmp_path, f"http://127.0.0.1:{port}"))
        assert time.monotonic() - began < 8
