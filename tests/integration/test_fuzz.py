"""Ten minutes of nonsense on every method and on the bare port; FUZZ_SECONDS says how long."""

import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from littlegiants.kinds import Kind
from littlegiants.tasks import Task
from littlegiants.v1 import (
    admin_pb2,
    generator_pb2,
    model_pb2,
    revisor_pb2,
    sample_pb2,
    score_pb2,
)
from littlegiants.wire import kind_to_wire, task_to_wire
from pipelines.models.model_folders import resolve_model
from tests.integration.message_strategies import mixed
from tests.integration.scripted_process import (
    Watched,
    await_health,
    insecure,
    scripted_process,
    watched,
)
from tests.integration.tiny_model import make_tiny_model
from tests.unit.certificate_authority import new_authority

SECONDS = float(os.environ.get("FUZZ_SECONDS", "600"))
FILES = (admin_pb2, generator_pb2, model_pb2, revisor_pb2, score_pb2)
METHODS: dict[str, MethodDescriptor] = {
    f"/{service.full_name}/{method.name}": method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
TARGETS = {
    "junior": ("GeneratorService", "ScoreService", "ModelService"),
    "revisor": ("RevisorService", "ScoreService", "ModelService"),
    "senior": ("AdminService",),
}
DOCUMENTED = {"OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "UNAVAILABLE"}
IN_A_HURRY = {"DEADLINE_EXCEEDED", "CANCELLED"}
FAULTS = {2, 13}
"""UNKNOWN and INTERNAL."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(SECONDS + 120)]


def sound(method: str, kind: Kind, role: str) -> Message:
    """A request that gets its answer."""
    task, wire_kind = task_to_wire(Task(kind, "Science", "Match a word.")), kind_to_wire(kind)
    sample = sample_pb2.Sample(kind=wire_kind, query="a b", positive="c d", negative="e f")
    of_generate = generator_pb2.GenerateRequest(task=task, max_attempts=1)
    of_revise = revisor_pb2.ReviseRequest(task=task, sample=sample)
    draft = sample if role == "revisor" else None
    item = score_pb2.ScoreItem(task=task, text="some text", draft=draft)
    messages: dict[str, Message] = {
        "Generate": of_generate,
        "GenerateBatch": generator_pb2.GenerateBatchRequest(requests=[of_generate]),
        "Revise": of_revise,
        "ReviseBatch": revisor_pb2.ReviseBatchRequest(requests=[of_revise]),
        "Score": score_pb2.ScoreRequest(items=[item]),
        "Drain": admin_pb2.DrainRequest(timeout_s=0.01),
    }
    descriptor = METHODS[method].input_type
    return messages.get(method.rpartition("/")[2], GetMessageClass(descriptor)())


def answer(
    channel: grpc.Channel, method: str, raw: bytes, timeout_s: float
) -> tuple[str, list[bytes]]:
    """The status of a call and what came before it."""
    received: list[bytes] = []
    stream: Any = channel.unary_stream(method)
    try:
        received.extend(stream(raw, timeout=timeout_s))
    except grpc.RpcError as error:
        return error.code().name, received
    return "OK", received


def faults_in(method: str, received: list[bytes]) -> list[str]:
    """Statuses of items that nobody should see."""
    found = []
    for raw in received:
        message: Any = GetMessageClass(METHODS[method].output_type).FromString(raw)
        results = [*getattr(message, "results", ())]
        if "result" in message.DESCRIPTOR.fields_by_name:
            results.append(message.result)
        found += [str(each.error) for each in results if each.error.code in FAULTS]
    return found


def garbled(raw: bytes, chance: random.Random) -> bytes:
    """The same with a byte changed, cut, or doubled; often as it was."""
    where = chance.randrange(len(raw) + 1)
    ways = (raw, raw, raw, raw[:where], raw + raw[:where], os.urandom(where))
    changed = bytearray(chance.choice(ways))
    if changed and chance.random() < 0.2:
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


@pytest.mark.engine
def test_a_real_engine_outlives_any_message(tmp_path: Path) -> None:
    shipped = resolve_model("shipped:smollm2-135m-instruct", Path("models"))
    model = make_tiny_model(shipped, tmp_path / "model")
    flags = ("--max-count", "4", "--max-model-len", "768", "--max-seqs", "8")
    with watched("services.generator", "junior", model, *flags) as server:
        with insecure(server.port) as channel:
            await_health(channel)
            for one_round in rounds(SECONDS / 6, server):
                fuzz(channel, "junior", one_round, examples=1)
            for method in methods_of("junior"):
                assert_sound(channel, method, "junior")
        server.check()


@pytest.mark.parametrize("role", TARGETS)
def test_any_message_gets_a_documented_answer(role: str, tmp_path: Path) -> None:
    with scripted_process(role, tmp_path, "--max-count", "4") as server:
        port = server.admin_port if role == "senior" else server.port
        with insecure(server.port) as channel:
            await_health(channel)
        with insecure(port) as channel:
            for one_round in rounds(SECONDS / 6, server):
                fuzz(channel, role, one_round)
            for method in methods_of(role):
                assert_sound(channel, method, role)
        server.check()


def methods_of(role: str) -> list[str]:
    """Those that are looked at on a server of `role`."""
    return [method for method in METHODS if method.split("/")[1].split(".")[-1] in TARGETS[role]]


def assert_sound(channel: grpc.Channel, method: str, role: str) -> None:
    """A good request gets its answer."""
    for kind in Kind:
        raw = sound(method, kind, role).SerializeToString()
        code, received = answer(channel, method, raw, timeout_s=20)
        assert (code, faults_in(method, received)) == ("OK", []), (method, kind)


def rounds(seconds: float, server: Watched) -> Iterator[int]:
    """Numbers, until the time is over; the server is looked at after each."""
    end, number = time.monotonic() + seconds, random.SystemRandom().randrange(2**30)
    while time.monotonic() < end:
        yield number
        number += 1
        server.look()


def fuzz(channel: grpc.Channel, role: str, number: int, examples: int = 8) -> None:
    """So many examples of every method and kind."""
    for method in methods_of(role):
        for kind in Kind:
            _tries(channel, method, sound(method, kind, role), number, examples)()


def _tries(
    channel: grpc.Channel, method: str, base: Message, number: int, examples: int
) -> Callable[[], None]:
    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        derandomize=False,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        message=mixed(base),
        chance=st.randoms(use_true_random=True),
        timeout_s=st.sampled_from([20.0, 20.0, 20.0, 0.002]),
    )
    def tries(message: Message, chance: random.Random, timeout_s: float) -> None:
        raw = garbled(message.SerializeToString(), chance)
        code, received = answer(channel, method, raw, timeout_s)
        allowed = DOCUMENTED if timeout_s > 1 else DOCUMENTED | IN_A_HURRY
        assert code in allowed, (method, code, raw)
        assert not faults_in(method, received), (method, raw)

    return tries


@pytest.mark.parametrize("tls", [False, True], ids=["plaintext", "tls"])
def test_any_bytes_on_the_port_leave_the_server_well(tls: bool, tmp_path: Path) -> None:
    flags: list[str] = []
    root = new_authority("root")
    if tls:
        cert, key = root.issue(tmp_path, "server", common_name="localhost")
        flags = ["--tls-cert", str(cert), "--tls-key", str(key)]
    with scripted_process("junior", tmp_path, *flags) as server:
        channel = insecure(server.port)
        if tls:
            trusted = grpc.ssl_channel_credentials(root.write(tmp_path / "ca").read_bytes())
            channel = grpc.secure_channel(f"localhost:{server.port}", trusted)
        with channel:
            await_health(channel)
            for number in rounds(SECONDS / 6, server):
                throw(server.port, random.Random(number))
            assert_sound(channel, "/littlegiants.v1.GeneratorService/Generate", "junior")
        server.check()


def throw(port: int, chance: random.Random) -> None:
    """Garbage on some connections, of which most are then left open for a while."""
    with suppress(OSError):
        for _ in range(20):
            with closing(socket.create_connection(("127.0.0.1", port), timeout=1)) as connection:
                connection.settimeout(0.02)
                for piece in pieces(chance):
                    connection.sendall(piece)
                with suppress(TimeoutError):
                    connection.recv(4096)


def pieces(chance: random.Random) -> Iterator[bytes]:
    """Random bytes; or a preface, and then frames whose length, type and flags are any."""
    if chance.random() < 0.3:
        yield chance.randbytes(chance.randrange(1, 4096))
        return
    yield PREFACE
    if chance.random() < 0.5:
        yield bytes(3) + b"\x04" + bytes(5)
    for _ in range(chance.randrange(1, 12)):
        body = chance.randbytes(chance.randrange(64))
        length = len(body) if chance.random() < 0.8 else chance.randrange(2**24)
        head = length.to_bytes(3) + bytes([chance.randrange(12), chance.randrange(256)])
        yield head + chance.randrange(8).to_bytes(4) + body
