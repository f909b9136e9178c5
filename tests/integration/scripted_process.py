"""A generator service in a process of its own, watched from outside; a scripted engine, or any."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import grpc
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from littlegiants.connection import OPTIONS, READY
from tests.unit.scripted_server import free_port

START_S = 120
MIB = 2**20
FAULT = re.compile(r"^Traceback|^\S+ \S+ (ERROR|CRITICAL) ")
"""In a log of ours; gRPC's own lines tell of what was wrong with a connection."""
MOST_GROWTH = 32 * MIB


@dataclass(frozen=True, slots=True)
class Watched:
    """A running server; `memory` holds its resident bytes as they were looked at."""

    process: subprocess.Popen[bytes]
    port: int
    admin_port: int
    log: Path
    memory: list[int] = field(default_factory=list)

    def look(self) -> None:
        """Note its memory; it must be alive."""
        assert self.process.poll() is None, self.log.read_text()[-5000:]
        self.memory.append(psutil.Process(self.process.pid).memory_info().rss)

    def check(self) -> None:
        """Its log tells of no fault, and its memory does not grow steadily."""
        lines = self.log.read_text(errors="replace").splitlines()
        faults = [at for at, line in enumerate(lines) if FAULT.search(line)]
        assert not faults, "\n".join(lines[faults[0] : faults[0] + 60])
        quarter = len(self.memory) // 4
        assert quarter, "not looked at often enough"
        growth = median(self.memory[-quarter:]) - median(self.memory[quarter : 2 * quarter])
        assert growth < MOST_GROWTH, [each // MIB for each in self.memory]


@contextmanager
def scripted_process(role: str, folder: Path, *flags: str) -> Iterator[Watched]:
    """A server of `role` with a scripted engine; `folder` takes its weights and its log."""
    model = folder / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    with watched("tests.integration.scripted_generator", role, model, *flags) as server:
        yield server


@contextmanager
def watched(program: str, role: str, model: Path, *flags: str) -> Iterator[Watched]:
    """A server that is loading or serving; its log lies beside the model."""
    log, ports = model.parent / "log", (free_port(), free_port())
    command = [sys.executable, "-m", program, "--role", role]
    command += ["--model", str(model), "--host", "127.0.0.1", "--grace-s", "1", *flags]
    command += ["--port", str(ports[0]), "--admin-port", str(ports[1])]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
    try:
        yield Watched(process, *ports, log)
    finally:
        process.terminate()
        process.wait(20)


def insecure(port: int) -> grpc.Channel:
    """A channel whose calls are never tried again."""
    options = [*OPTIONS, ("grpc.enable_retries", 0)]
    return grpc.insecure_channel(f"127.0.0.1:{port}", options=options)


def await_health(channel: grpc.Channel) -> None:
    """Return when the server says that it serves."""
    stub: Any = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service=READY)
    end = time.monotonic() + START_S
    while True:
        try:
            answer = stub.Check(request, timeout=START_S, wait_for_ready=True)
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
        except grpc.RpcError:
            assert time.monotonic() < end
        time.sleep(0.1)
