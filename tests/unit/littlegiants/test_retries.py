"""Calls that a server turns away for the moment are sent again, when it says so."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

from littlegiants.client import GeneratorClient
from littlegiants.errors import BadInput, Unavailable
from littlegiants.v1 import generator_pb2, generator_pb2_grpc
from tests.unit.scripted_server import prompt_of


class Busy(generator_pb2_grpc.GeneratorServiceServicer):
    """Turns the first `times` calls away with `code`; `wait_ms` says when to come again."""

    def __init__(self, times: int, code: grpc.StatusCode, wait_ms: str = "") -> None:
        self.times, self.code, self.wait_ms = times, code, wait_ms
        self.asked_at: list[float] = []

    async def Generate(self, request: Any, context: Any) -> generator_pb2.GenerateResponse:
        self.asked_at.append(time.monotonic())
        if len(self.asked_at) <= self.times:
            said = (("grpc-retry-pushback-ms", self.wait_ms),) if self.wait_ms else ()
            await context.abort(self.code, "not now", said)
        return generator_pb2.GenerateResponse(results=[generator_pb2.GenerateResult()])

    def GenerateBatch(self, request: Any, context: Any) -> AsyncIterator[Any]:
        raise NotImplementedError


@asynccontextmanager
async def client_of(servicer: Busy) -> AsyncIterator[GeneratorClient]:
    server = grpc.aio.server()
    generator_pb2_grpc.add_GeneratorServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with GeneratorClient(f"127.0.0.1:{port}") as client:
        yield client
    await server.stop(0)


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED])
async def test_a_call_that_is_turned_away_is_sent_again(code: grpc.StatusCode) -> None:
    busy = Busy(2, code)
    async with client_of(busy) as client:
        assert len(await client.generate(prompt_of())) == 1
    assert len(busy.asked_at) == 3


async def test_waits_as_long_as_the_server_says() -> None:
    busy = Busy(1, grpc.StatusCode.RESOURCE_EXHAUSTED, wait_ms="1500")
    async with client_of(busy) as client:
        await client.generate(prompt_of())
    first, second = busy.asked_at
    # on its own it would come again within 0.6 s
    assert 1.4 < second - first < 3


async def test_does_not_wait_beyond_its_deadline() -> None:
    busy = Busy(1, grpc.StatusCode.RESOURCE_EXHAUSTED, wait_ms="60000")
    started = time.monotonic()
    async with client_of(busy) as client:
        with pytest.raises(Unavailable):
            await client.generate(prompt_of(), timeout_s=1)
    assert time.monotonic() - started < 5


async def test_what_is_refused_is_not_sent_again() -> None:
    busy = Busy(1, grpc.StatusCode.INVALID_ARGUMENT)
    async with client_of(busy) as client:
        with pytest.raises(BadInput):
            await client.generate(prompt_of())
    assert len(busy.asked_at) == 1
