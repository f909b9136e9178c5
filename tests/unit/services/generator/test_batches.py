"""Batches: a result or a status for each item, then a summary."""

import asyncio

import grpc.aio
import pytest

from littlegiants.connection import open_channel
from littlegiants.v1 import (
    generator_pb2,
    generator_pb2_grpc,
    revisor_pb2,
    revisor_pb2_grpc,
    sample_pb2,
)
from littlegiants.wire import error_reason, task_to_wire
from services.generator.engine.protocol import Completion, CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, fill_schema
from tests.unit.scripted_server import Scripted, prompt_of, scripted_server


def request_of(seed: int = 1, count: int = 1) -> generator_pb2.GenerateRequest:
    """A request for a short pair."""
    return generator_pb2.GenerateRequest(
        request_id=f"r{seed}", task=task_to_wire(prompt_of().task), seed=seed, count=count
    )


async def batch(
    server: Scripted, requests: list[generator_pb2.GenerateRequest]
) -> list[generator_pb2.GenerateBatchResponse]:
    """Every message of a batch's answer."""
    async with open_channel(server.address) as channel:
        stub = generator_pb2_grpc.GeneratorServiceStub(channel)
        call = stub.GenerateBatch(generator_pb2.GenerateBatchRequest(requests=requests))
        return [message async for message in call]


async def test_every_item_has_its_result_and_the_last_message_counts_them() -> None:
    def script(request: CompletionRequest) -> str:
        return "nothing" if request.seed == 9 else fill_schema(request)

    requests = [request_of(1, count=2), request_of(9), request_of(3)]
    requests[2].task.ClearField("matching_short")
    async with scripted_server(ScriptedEngine(script)) as server:
        *messages, last = await batch(server, requests)
    found = {(each.result.index, each.result.candidate): each.result for each in messages}
    assert found.keys() == {(0, 0), (0, 1), (1, 0), (2, 0)}
    assert found[0, 1].HasField("sample")
    assert found[0, 1].request_id == "r1"
    assert error_reason(found[1, 0].error) == "no_json"
    assert error_reason(found[2, 0].error) == "bad_input"
    assert "task.kind" in found[2, 0].error.message
    assert dict(last.summary.error_counts) == {"no_json": 1, "bad_input": 1}
    assert (last.summary.request_count, last.summary.result_count) == (3, 4)


async def test_results_come_in_the_order_in_which_they_are_done() -> None:
    class Uneven(ScriptedEngine):
        async def complete(self, request: CompletionRequest) -> Completion:
            await asyncio.sleep(0.3 if request.seed == 1 else 0)
            return await super().complete(request)

    async with scripted_server(Uneven()) as server:
        messages = await batch(server, [request_of(1), request_of(2)])
    assert [each.result.index for each in messages[:-1]] == [1, 0]


async def test_a_batch_has_a_size() -> None:
    async with scripted_server(max_batch_requests=2) as server:
        for requests in ([], [request_of()] * 3):
            with pytest.raises(grpc.aio.AioRpcError, match="send 1 to 2") as refused:
                await batch(server, requests)
            assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_cancelled_batch_leaves_nothing_under_way() -> None:
    engine = ScriptedEngine(delay_s=60)
    async with scripted_server(engine) as server, open_channel(server.address) as channel:
        stub = generator_pb2_grpc.GeneratorServiceStub(channel)
        call = stub.GenerateBatch(
            generator_pb2.GenerateBatchRequest(requests=[request_of(seed) for seed in range(9)])
        )
        reading = asyncio.ensure_future(call.read())
        await asyncio.sleep(0.3)
        assert engine.running_count == 4
        call.cancel()
        await asyncio.sleep(0.3)
        assert engine.running_count == 0
        await asyncio.gather(reading, return_exceptions=True)


async def test_revisions_come_in_batches_too() -> None:
    request = revisor_pb2.ReviseRequest(task=task_to_wire(prompt_of().task), seed=1)
    request.sample.kind = sample_pb2.KIND_MATCHING_SHORT
    wrong = revisor_pb2.ReviseRequest(task=request.task, seed=1)
    async with scripted_server(role="revisor") as server, open_channel(server.address) as channel:
        stub = revisor_pb2_grpc.RevisorServiceStub(channel)
        call = stub.ReviseBatch(revisor_pb2.ReviseBatchRequest(requests=[request, wrong]))
        *messages, last = [message async for message in call]
    found = {each.result.index: each.result for each in messages}
    assert found[0].revision.reason
    assert "sample.kind" in found[1].error.message
    assert (last.summary.sample_count, last.summary.result_count) == (1, 2)


async def test_an_error_that_is_nobodys_reason_ends_the_call() -> None:
    engine = ScriptedEngine()
    engine.is_dead = True
    async with scripted_server(engine) as server:
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await batch(server, [request_of()])
    assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
