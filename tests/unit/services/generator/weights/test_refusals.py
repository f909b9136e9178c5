"""What a server will not do gets a precise status, and costs the engine nothing."""

import asyncio
from typing import Any

import grpc.aio
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from littlegiants.client import GeneratorClient
from littlegiants.connection import open_channel
from littlegiants.v1 import generator_pb2, generator_pb2_grpc, score_pb2, score_pb2_grpc
from littlegiants.wire import error_reason, task_to_wire
from services.generator.engine.scripted_engine import ScriptedEngine
from tests.unit.scripted_server import Scripted, prompt_of, scripted_server

GENERATE = "/littlegiants.v1.GeneratorService/Generate"
BATCH = "/littlegiants.v1.GeneratorService/GenerateBatch"


async def send(server: Scripted, method: str, raw: bytes) -> None:
    """Bytes as they are."""
    async with grpc.aio.insecure_channel(server.address) as channel:
        stream: Any = channel.unary_stream(method)
        unary: Any = channel.unary_unary(method)
        if method == BATCH:
            async for _ in stream(raw):
                pass
        else:
            await unary(raw)


def details(error: grpc.aio.AioRpcError, kind: type) -> list[object]:
    """Those details of a status that are of `kind`."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    found = []
    for packed in status.details if status else ():
        detail = kind()
        if packed.Unpack(detail):
            found.append(detail)
    return found


@pytest.mark.parametrize(
    ("method", "raw"),
    [
        (GENERATE, b"\xff\xff\xff"),
        (GENERATE, b"\x0a\x02\xc3\x28"),  # request_id is not UTF-8
        (BATCH, b"\x0a\x05\x0a\x02\xc3\x28\x00"),
    ],
)
async def test_bytes_that_are_no_message_are_the_callers_fault(method: str, raw: bytes) -> None:
    engine = ScriptedEngine()
    async with scripted_server(engine) as server:
        with pytest.raises(grpc.aio.AioRpcError, match="not a message") as refused:
            await send(server, method, raw)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert engine.asked_count == 0


async def test_a_refused_field_is_named_in_the_details() -> None:
    request = generator_pb2.GenerateRequest(task=task_to_wire(prompt_of().task), seed=-1)
    async with scripted_server() as server, open_channel(server.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await generator_pb2_grpc.GeneratorServiceStub(channel).Generate(request)
    (violated,) = details(refused.value, error_details_pb2.BadRequest)
    assert isinstance(violated, error_details_pb2.BadRequest)
    assert [each.field for each in violated.field_violations] == ["seed"]


async def test_a_batch_of_ten_thousand_is_refused_and_costs_nothing() -> None:
    engine = ScriptedEngine()
    request = generator_pb2.GenerateRequest(task=task_to_wire(prompt_of().task), seed=1)
    batch = generator_pb2.GenerateBatchRequest(requests=[request] * 10_000)
    async with scripted_server(engine) as server, open_channel(server.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError, match="send 1 to 4096") as refused:
            async for _ in generator_pb2_grpc.GeneratorServiceStub(channel).GenerateBatch(batch):
                pass
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert engine.asked_count == 0


async def test_a_full_server_refuses_at_once_says_when_to_retry_and_stays_in_service() -> None:
    engine = ScriptedEngine(delay_s=60)
    opened = scripted_server(engine, max_seqs=1, max_waiting=2)
    async with opened as server, GeneratorClient(server.address) as client:
        held = [asyncio.create_task(client.generate(prompt_of(seed=seed))) for seed in range(3)]
        await asyncio.sleep(0.2)
        request = generator_pb2.GenerateRequest(task=task_to_wire(prompt_of().task))
        async with grpc.aio.insecure_channel(server.address) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await generator_pb2_grpc.GeneratorServiceStub(channel).Generate(request, timeout=5)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        (retry,) = details(refused.value, error_details_pb2.RetryInfo)
        assert isinstance(retry, error_details_pb2.RetryInfo)
        assert retry.retry_delay.ToMilliseconds() >= 500
        assert "grpc-retry-pushback-ms" in dict(refused.value.trailing_metadata())
        assert await client.is_serving()
        for call in held:
            call.cancel()
        await asyncio.gather(*held, return_exceptions=True)


async def test_a_call_past_its_deadline_leaves_nothing_under_way() -> None:
    engine = ScriptedEngine(delay_s=60)
    request = generator_pb2.GenerateRequest(task=task_to_wire(prompt_of().task), count=3)
    async with scripted_server(engine) as server, open_channel(server.address) as channel:
        stub = generator_pb2_grpc.GeneratorServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await stub.Generate(request, timeout=0.3)
        assert ended.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await asyncio.sleep(0.3)
        assert (engine.asked_count, engine.running_count) == (3, 0)


async def test_weights_that_are_too_old_are_the_items_fault_in_a_batch() -> None:
    task = task_to_wire(prompt_of().task)
    fresh = generator_pb2.GenerateRequest(task=task, min_weights_version=9)
    any_version = generator_pb2.GenerateRequest(task=task)
    batch = generator_pb2.GenerateBatchRequest(requests=[fresh, any_version])
    async with scripted_server() as server, open_channel(server.address) as channel:
        stub = generator_pb2_grpc.GeneratorServiceStub(channel)
        *messages, last = [message async for message in stub.GenerateBatch(batch)]
    found = {each.result.index: each.result for each in messages}
    assert error_reason(found[0].error) == "weights_too_old"
    assert found[1].HasField("sample")
    assert dict(last.summary.error_counts) == {"weights_too_old": 1}


@pytest.mark.parametrize(
    ("role", "change", "reason"),
    [
        ("junior", lambda item: item.draft.SetInParent(), "draft"),
        ("revisor", lambda item: None, "draft"),
        ("junior", lambda item: item.ClearField("text"), "text"),
        ("junior", lambda item: item.sample.SetInParent(), "sample.kind"),
        ("junior", lambda item: item.ClearField("task"), "task"),
    ],
)
async def test_an_item_that_cannot_be_scored_says_why(
    role: str, change: object, reason: str
) -> None:
    item = score_pb2.ScoreItem(task=task_to_wire(prompt_of().task), text="{}")
    assert callable(change)
    change(item)
    async with scripted_server(role=role) as server, open_channel(server.address) as channel:
        call = score_pb2_grpc.ScoreServiceStub(channel).Score(score_pb2.ScoreRequest(items=[item]))
        first, last = [message async for message in call]
    assert first.result.error.message.startswith(f"{reason}:")
    assert last.summary.sample_count == 0
