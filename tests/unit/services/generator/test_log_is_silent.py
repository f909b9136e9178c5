"""What callers write never stands in a log, whatever becomes of their calls."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from littlegiants.connection import OPTIONS
from littlegiants.kinds import Kind
from littlegiants.tasks import Task
from littlegiants.v1 import generator_pb2, revisor_pb2, sample_pb2, score_pb2
from littlegiants.wire import kind_to_wire, task_to_wire
from services.generator.engine.protocol import CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, fill_schema
from services.generator.rpc.statuses import told_faults
from tests.unit.scripted_server import Scripted, free_port, scripted_server

MARKER = "xyzzy-secret"
PACKAGE = "littlegiants.v1"
MESSAGES = dict[str, bytes]


def written(request: CompletionRequest) -> str:
    """An answer that quotes the request, in one of four ways of going wrong or right."""
    if request.seed % 4 == 1:
        return request.prompt
    if request.seed % 4 == 2:
        raise RuntimeError(request.prompt)
    return fill_schema(request).replace('": "', f'": "{MARKER} ', 1)


def requests(seed: int) -> dict[str, bytes]:
    """A message for every method of every role; `seed` says what the engine makes of it."""
    task = Task(Kind.MATCHING_SHORT, f"{MARKER}/topic", f"{MARKER}: match")
    wire, kind = task_to_wire(task), kind_to_wire(Kind.MATCHING_SHORT)
    sample = sample_pb2.Sample(kind=kind, query=MARKER, positive=MARKER)
    of_generate = generator_pb2.GenerateRequest(request_id=MARKER, task=wire, seed=seed)
    of_revise = revisor_pb2.ReviseRequest(request_id=MARKER, task=wire, seed=seed, sample=sample)
    item = score_pb2.ScoreItem(request_id=MARKER, task=wire, seed=seed, text=MARKER)
    messages: dict[str, Any] = {
        "GeneratorService/Generate": of_generate,
        "GeneratorService/GenerateBatch": generator_pb2.GenerateBatchRequest(
            requests=[of_generate] * 2
        ),
        "RevisorService/Revise": of_revise,
        "RevisorService/ReviseBatch": revisor_pb2.ReviseBatchRequest(requests=[of_revise] * 2),
        "ScoreService/Score": score_pb2.ScoreRequest(items=[item]),
        "ModelService/GetModelInfo": generator_pb2.GenerateRequest(request_id=MARKER),
        "AdminService/Reload": generator_pb2.GenerateRequest(request_id=MARKER),
        "AdminService/Drain": generator_pb2.GenerateRequest(request_id=MARKER),
    }
    return {method: message.SerializeToString() for method, message in messages.items()}


async def call(channel: grpc.aio.Channel, method: str, message: bytes) -> str:
    """The status of one call."""
    stream: Any = channel.unary_stream(f"/{PACKAGE}.{method}")
    try:
        async for _ in stream(message, timeout=10):
            pass
    except grpc.aio.AioRpcError as error:
        return str(error.code().name)
    return "OK"


async def statuses(server: Scripted) -> set[str]:
    """Those of every method with good, bad and unreadable messages."""
    found = set()
    options = [*OPTIONS, ("grpc.enable_retries", 0)]
    for address in (server.address, server.admin_address):
        async with grpc.aio.insecure_channel(address, options=options) as channel:
            for seed in (3, 1, 2, -1):
                for method, message in requests(seed).items():
                    # the second is not UTF-8 where the first has text
                    for sent in (message, message.replace(MARKER.encode(), b"\xff" + b"xyzzy")):
                        found.add(await call(channel, method, sent))
    return found


@pytest.mark.parametrize("role", ["junior", "revisor"])
async def test_no_text_of_a_caller_is_logged(
    role: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO)
    engine = ScriptedEngine(written)
    async with scripted_server(engine, role=role, admin_port=free_port(), model=tmp_path) as server:
        found = await statuses(server)
        engine.is_dead = True
        found |= await statuses(server)
    assert {"OK", "INVALID_ARGUMENT", "INTERNAL", "UNAVAILABLE", "UNIMPLEMENTED"} <= found
    assert "UNKNOWN" not in found
    shown = caplog.text + "".join(capfd.readouterr())
    assert "RuntimeError" in shown
    assert "xyzzy" not in shown


async def test_a_caller_that_is_gone_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    never_used: Any = None
    with pytest.raises(asyncio.CancelledError):
        async with told_faults("Score", never_used):
            raise grpc.aio.InternalError
    assert not caplog.records
