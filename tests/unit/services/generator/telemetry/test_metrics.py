"""What Prometheus is told of a server."""

import asyncio
import signal
import urllib.request
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from prometheus_client import CollectorRegistry

from littlegiants.client import AdminClient, GeneratorClient, RevisorClient
from littlegiants.connection import open_channel
from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from littlegiants.parsing import TRUNCATED, UNREADABLE
from littlegiants.samples import Sample
from littlegiants.scoring import Completed, ScoreClient
from littlegiants.v1 import generator_pb2, generator_pb2_grpc
from littlegiants.wire import task_to_wire
from services.generator.engine.protocol import Completion, CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, fill_schema, open_scripted
from services.generator.generation.served_model import Served
from services.generator.rpc.statuses import CODES
from services.generator.server import serve
from services.generator.settings import GeneratorSettings
from services.generator.telemetry import metrics as meters
from services.generator.weights.source import Weights
from tests.unit.scripted_server import Scripted, free_port, prompt_of, scripted_server
from tests.unit.services.generator.test_life import promote

BAD = prompt_of(seed=9).seed
GENERATOR = "littlegiants.v1.GeneratorService"


def value(server: Scripted, name: str, **labels: str) -> float:
    """Of a series of littlegiants_*; 0 when there is none."""
    registry = server.served.telemetry.meters.registry
    return registry.get_sample_value(f"littlegiants_{name}", labels) or 0.0


def half_bad(request: CompletionRequest) -> str:
    """No sample for one of the prompts' seeds."""
    return "nothing" if request.seed == BAD else fill_schema(request)


async def test_items_are_counted_by_outcome_and_reason_and_their_tokens_and_attempts() -> None:
    opened = scripted_server(ScriptedEngine(half_bad))
    async with opened as server, GeneratorClient(server.address) as client:
        answers = [each for seed in (1, 9) for each in await client.generate(prompt_of(seed=seed))]
        batch = [prompt_of(seed=seed) for seed in (1, 2, 9)]
        answers += [each async for each in client.generate_batch(batch)]
    item = {"outcome": "sample", "reason": ""}
    assert value(server, "items_total", rpc="Generate", **item) == 1
    assert value(server, "items_total", rpc="GenerateBatch", **item) == 2
    item = {"outcome": "error", "reason": "no_json"}
    assert value(server, "items_total", rpc="Generate", **item) == 1
    assert value(server, "item_seconds_count", rpc="GenerateBatch") == 3
    assert value(server, "attempts_total") == value(server, "waiting_seconds_count") == 5
    for kind in ("prompt_tokens", "completion_tokens"):
        written = sum(getattr(answer.provenance, kind) for answer in answers)
        assert value(server, f"{kind}_total") == written > 0


async def test_every_attempt_counts_even_when_only_the_last_is_a_sample() -> None:
    opened = scripted_server(ScriptedEngine(half_bad))
    async with opened as server, GeneratorClient(server.address) as client:
        (answer,) = await client.generate(prompt_of(seed=9), max_attempts=3)
    assert answer.sample
    assert value(server, "attempts_total") == 2
    assert value(server, "items_total", rpc="Generate", outcome="sample", reason="") == 1


async def test_revisions_and_scores_are_items_too() -> None:
    sample = Sample(prompt_of().task.kind, "cutting back a hedge", "hedge shears")
    async with scripted_server(role="revisor") as server:
        async with RevisorClient(server.address) as client:
            await client.revise(prompt_of(), sample)
        async with ScoreClient(server.address) as scorer:
            completed = [Completed(prompt_of(), "{}", draft) for draft in (sample, None)]
            assert len([each async for each in scorer.score(completed)]) == 2
    assert value(server, "item_seconds_count", rpc="Revise") == 1
    assert value(server, "items_total", rpc="Score", outcome="sample", reason="") == 1
    assert value(server, "items_total", rpc="Score", outcome="error", reason="bad_input") == 1


async def test_calls_are_counted_by_method_and_status() -> None:
    opened = scripted_server(ScriptedEngine(delay_s=1))
    async with opened as server, open_channel(server.address) as channel:
        stub = generator_pb2_grpc.GeneratorServiceStub(channel)
        task = task_to_wire(prompt_of().task)
        await stub.Generate(generator_pb2.GenerateRequest(task=task))
        with pytest.raises(grpc.aio.AioRpcError, match="seed"):
            await stub.Generate(generator_pb2.GenerateRequest(task=task, seed=-1))
        with pytest.raises(grpc.aio.AioRpcError, match="DEADLINE"):
            await stub.Generate(generator_pb2.GenerateRequest(task=task), timeout=0.5)
        cut = stub.GenerateBatch(generator_pb2.GenerateBatchRequest())
        with pytest.raises(grpc.aio.AioRpcError, match="send 1 to"):
            await cut.read()
        await asyncio.sleep(1)
    codes = ("OK", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED")
    method = f"{GENERATOR}/Generate"
    assert [value(server, "calls_total", method=method, code=code) for code in codes] == [1, 1, 1]
    method = f"{GENERATOR}/GenerateBatch"
    assert value(server, "calls_total", method=method, code="INVALID_ARGUMENT") == 1
    cancelled = {"rpc": "Generate", "outcome": "error", "reason": "cancelled"}
    assert value(server, "items_total", **cancelled) == 1


async def test_a_caller_without_a_token_is_counted_and_its_method_is_not_taken_over(
    tmp_path: Path,
) -> None:
    (tmp_path / "ada").write_text("secret")
    opened = scripted_server(tokens=tmp_path)
    async with opened as server, grpc.aio.insecure_channel(server.address) as channel:
        made_up: Any = channel.unary_unary("/made/up")
        with pytest.raises(grpc.aio.AioRpcError, match="UNAUTHENTICATED"):
            await made_up(b"")
        counted = 0.0
        async with asyncio.timeout(10):  # the answer may be here before it is counted
            while not counted:
                await asyncio.sleep(0.01)
                counted = value(server, "calls_total", method="other", code="UNAUTHENTICATED")
    assert counted == 1


async def test_a_full_server_shows_its_queue_and_counts_what_it_refuses() -> None:
    engine = ScriptedEngine(delay_s=60)
    opened = scripted_server(engine, max_seqs=2, max_waiting=1)
    async with opened as server, GeneratorClient(server.address) as client:
        held = asyncio.create_task(client.generate(prompt_of(), count=2))
        more = asyncio.create_task(client.generate(prompt_of(seed=2)))
        await asyncio.sleep(0.2)
        assert value(server, "slots") == value(server, "slots_taken") == 2
        assert value(server, "completions_waiting") == 1
        assert value(server, "completions_in_flight") == 3
        with pytest.raises(Unavailable):
            await client.generate(prompt_of(seed=3), timeout_s=0.3)
        server.served.is_draining = True
        with pytest.raises(Unavailable):
            await client.generate(prompt_of(seed=3), timeout_s=0.3)
        for call in (held, more):
            call.cancel()
        await asyncio.gather(held, more, return_exceptions=True)
    assert value(server, "refusals_total", reason="full") >= 1
    assert value(server, "refusals_total", reason="draining") >= 1


def weights_shown(server: Scripted) -> list[dict[str, str]]:
    """Labels of every series of the weights in service."""
    families = server.served.telemetry.meters.registry.collect()
    samples = [sample for family in families for sample in family.samples]
    shown = [each for each in samples if each.name == "littlegiants_weights_info"]
    assert {each.value for each in shown} == {1}
    return [dict(each.labels) for each in shown]


async def test_the_weights_in_service_are_one_series_and_reloads_have_outcomes(
    tmp_path: Path,
) -> None:
    model, channel = tmp_path / "model", tmp_path / "weights"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    digest = promote(model, str(channel))
    opened = scripted_server(model=None, weights=str(channel), admin_port=free_port())
    async with opened as server, AdminClient(server.admin_address) as admin:
        assert weights_shown(server) == [{"role": "junior", "digest": "first"}]
        await admin.reload()
        assert weights_shown(server) == [{"role": "junior", "digest": digest}]
        assert value(server, "reload_seconds") > 0
        await admin.reload()
        (channel / "junior" / digest / "model.safetensors").write_bytes(b"weightz")
        with pytest.raises(BadInput):
            await admin.reload()
        assert weights_shown(server) == [{"role": "junior", "digest": digest}]
    outcomes = ("changed", "unchanged", "refused", "unavailable")
    counts = [value(server, "reloads_total", outcome=outcome) for outcome in outcomes]
    assert counts == [1, 1, 1, 0]


async def test_readiness_is_shown() -> None:
    async with scripted_server(is_ready=False) as server:
        assert value(server, "ready") == 0
        await server.listening.health.set_ready(True)
        assert value(server, "ready") == 1


def test_a_reason_that_nobody_knows_makes_no_series_of_its_own() -> None:
    registry = CollectorRegistry()
    counted = meters.Meters(registry)
    for reason in ("what the caller says", "and says again"):
        counted.item("Generate", reason, 0.1)
    labels = {"rpc": "Generate", "outcome": "error", "reason": "other"}
    assert registry.get_sample_value("littlegiants_items_total", labels) == 2


def test_every_reason_of_ours_is_known() -> None:
    assert {reason for _, reason in CODES.values()} <= meters.REASONS
    assert {*UNREADABLE, TRUNCATED} <= meters.REASONS


def scrape(port: int) -> str:
    """What Prometheus reads."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read().decode())


async def test_a_server_shows_its_metrics_and_those_of_the_process_until_it_stops(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.json").write_text("{}")
    port, grpc_port = free_port(), free_port()
    settings = GeneratorSettings(
        role="junior", model=tmp_path, host="127.0.0.1", port=grpc_port, metrics_port=port
    )
    serving = asyncio.create_task(serve(settings, open_scripted(ScriptedEngine())))
    async with GeneratorClient(f"127.0.0.1:{grpc_port}") as client:
        await client.wait_until_serving(20)
        await client.generate(prompt_of())
    shown = await asyncio.to_thread(scrape, port)
    assert "littlegiants_ready 1.0" in shown
    assert 'littlegiants_items_total{outcome="sample",reason="",rpc="Generate"} 1.0' in shown
    assert "python_info" in shown
    signal.raise_signal(signal.SIGTERM)
    assert await serving == 0
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(scrape, port)


async def test_a_metrics_port_that_is_taken_is_said_before_a_model_is_loaded(
    tmp_path: Path,
) -> None:
    async with scripted_server() as other:
        engine = ScriptedEngine()
        settings = GeneratorSettings(
            role="junior",
            model=tmp_path,
            metrics_host="127.0.0.1",
            metrics_port=other.listening.port,
        )
        with pytest.raises(LittleGiantsError, match="--metrics-port"):
            await serve(settings, open_scripted(engine))
    assert not engine.loaded


async def test_a_fault_of_the_engine_is_an_item_of_its_own_reason() -> None:
    class Broken(ScriptedEngine):
        async def complete(self, request: CompletionRequest) -> Completion:
            raise ZeroDivisionError

    async with scripted_server(Broken()) as server, GeneratorClient(server.address) as client:
        with pytest.raises(Unavailable):
            await client.generate(prompt_of())
    labels = {"rpc": "Generate", "outcome": "error", "reason": "internal"}
    assert value(server, "items_total", **labels) == 1
    assert value(server, "calls_total", method=f"{GENERATOR}/Generate", code="INTERNAL") == 1


def test_two_servers_of_one_process_count_apart() -> None:
    settings = GeneratorSettings(role="junior", model=Path("model"))
    first, second = (
        Served(ScriptedEngine(), settings, Weights(Path("model"), digest)) for digest in "ab"
    )
    first.telemetry.meters.completion(1, 1)
    read = second.telemetry.meters.registry.get_sample_value
    assert read("littlegiants_attempts_total") == 0
