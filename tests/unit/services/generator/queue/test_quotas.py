"""Quotas: each caller has its share, of items under way and of items in a minute."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from pydantic import ValidationError

from littlegiants.client import Credentials
from littlegiants.errors import BadInput
from littlegiants.v1 import generator_pb2, generator_pb2_grpc
from littlegiants.wire import task_to_wire
from services.generator.engine.scripted_engine import ScriptedEngine
from services.generator.queue.admission import Overloaded
from services.generator.queue.quotas import Quotas
from services.generator.security.tokens import CALLER
from services.generator.settings import GeneratorSettings
from tests.unit.scripted_server import Scripted, prompt_of, scripted_server

Stub = Any


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    """Two callers, whose tokens are their names."""
    folder = tmp_path / "tokens"
    folder.mkdir()
    for name in ("alice", "bob"):
        (folder / name).write_text(name)
    return folder


@asynccontextmanager
async def stub_of(server: Scripted, name: str) -> AsyncIterator[Stub]:
    """Calls as `name`, never tried again."""
    async with grpc.aio.insecure_channel(
        server.address,
        options=[("grpc.enable_retries", 0)],
        interceptors=Credentials(name).interceptors(),
    ) as channel:
        yield generator_pb2_grpc.GeneratorServiceStub(channel)


def request_of(count: int = 1) -> generator_pb2.GenerateRequest:
    """For `count` candidates."""
    return generator_pb2.GenerateRequest(task=task_to_wire(prompt_of().task), count=count)


def batch_of(size: int, count: int = 1) -> generator_pb2.GenerateBatchRequest:
    """`size` requests for `count` candidates each."""
    return generator_pb2.GenerateBatchRequest(requests=[request_of(count)] * size)


async def refusal(call: Any) -> grpc.aio.AioRpcError:
    """Why a call is refused at once."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await asyncio.wait_for(call, 2)
    return refused.value


async def test_items_under_way_are_counted_until_their_call_ends(tokens: Path) -> None:
    engine = ScriptedEngine(delay_s=60)
    async with (
        scripted_server(engine, tokens=tokens, max_in_flight_per_caller=3) as server,
        stub_of(server, "alice") as alice,
        stub_of(server, "bob") as bob,
    ):
        unary = alice.Generate(request_of())
        batch = alice.GenerateBatch(batch_of(2))
        reading = asyncio.ensure_future(batch.read())
        await asyncio.sleep(0.3)
        refused = await refusal(alice.Generate(request_of(), timeout=0.4))
        assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "alice has 3 items under way and may have 3" in str(refused.details())
        for call in (unary, batch):
            call.cancel()
        await asyncio.gather(unary, reading, return_exceptions=True)
        await asyncio.sleep(0.3)
        engine.delay_s = 0
        assert (await alice.Generate(request_of(3))).results
        assert (await bob.Generate(request_of(3))).results


async def test_a_call_that_ends_by_itself_or_by_a_fault_gives_back_its_share(tokens: Path) -> None:
    engine = ScriptedEngine()
    async with (
        scripted_server(engine, tokens=tokens, max_in_flight_per_caller=2) as server,
        stub_of(server, "alice") as alice,
    ):
        for _ in range(3):
            assert (await alice.Generate(request_of(2))).results
            assert len([each async for each in alice.GenerateBatch(batch_of(1, count=2))]) == 3
        engine.is_dead = True
        assert (await refusal(alice.Generate(request_of(2), timeout=0.3))).code()
        engine.is_dead = False
        assert (await alice.Generate(request_of(2))).results


async def test_items_of_a_minute_are_counted_for_each_caller(tokens: Path) -> None:
    async with (
        scripted_server(tokens=tokens, items_per_minute_per_caller=6) as server,
        stub_of(server, "alice") as alice,
        stub_of(server, "bob") as bob,
    ):
        async for _ in alice.GenerateBatch(batch_of(2, count=2)):
            pass
        assert (await alice.Generate(request_of(2))).results
        refused = await refusal(alice.Generate(request_of(), timeout=1))
        assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert 8 < retry_after_s(refused) <= 10
        assert (await bob.Generate(request_of(6))).results


@pytest.mark.parametrize("quota", ["max_in_flight_per_caller", "items_per_minute_per_caller"])
async def test_what_could_never_be_taken_is_the_callers_fault(quota: str, tokens: Path) -> None:
    flags: dict[str, Any] = {quota: 2}
    async with (
        scripted_server(tokens=tokens, **flags) as server,
        stub_of(server, "alice") as alice,
    ):
        for call in (alice.Generate(request_of(3)), alice.GenerateBatch(batch_of(3)).read()):
            refused = await refusal(call)
            assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert "items: are 3 in one call" in str(refused.details())
        assert (await alice.Generate(request_of(2))).results


def test_a_minutes_items_come_back_bit_by_bit() -> None:
    now = [0.0]
    quotas = Quotas(max_in_flight=0, items_per_minute=60, clock=lambda: now[0])
    CALLER.set("alice")
    with quotas.call():
        quotas.take(60)
        with pytest.raises(Overloaded) as refused:
            quotas.take(10)
        assert refused.value.retry_after_s == pytest.approx(10)
        now[0] = 10.0
        quotas.take(10)
        now[0] = 3600.0
        quotas.take(60)
        with pytest.raises(Overloaded):
            quotas.take(1)


def test_a_refused_call_costs_nothing() -> None:
    now = [0.0]
    quotas = Quotas(max_in_flight=2, items_per_minute=3, clock=lambda: now[0])
    CALLER.set("alice")
    with quotas.call():
        quotas.take(2)
        for count, fault in ((1, Overloaded), (3, BadInput)):
            with pytest.raises(fault):
                quotas.take(count)
    with quotas.call():
        quotas.take(1)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"max_in_flight_per_caller": 1}, "--tokens"),
        ({"items_per_minute_per_caller": 1}, "--tokens"),
        ({"tls_cert": "cert"}, "--tls-key"),
        ({"tls_client_ca": "ca"}, "--tls-cert"),
    ],
)
def test_half_a_guard_is_refused(flags: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        GeneratorSettings(role="junior", model=Path("model"), **flags)


def retry_after_s(error: grpc.aio.AioRpcError) -> float:
    """When the call may be tried again, by its status."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # it has what a call has
    assert status is not None
    info = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    return float(info.retry_delay.ToTimedelta().total_seconds())
