"""A generator service in a process of its own, and weights for it to follow."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import psutil
from upath import UPath

from littlegiants.client import GeneratorClient
from pipelines.generators.weights_channel import Channel
from services.generator.roles import ports_of

START_S = 400
SETTINGS = ("--host", "127.0.0.1", "--max-model-len", "1024", "--max-seqs", "8", "--grace-s", "3")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    admin_port: int
    log: Path

    @property
    def address(self) -> str:
        """Of the service."""
        return f"127.0.0.1:{self.port}"

    @property
    def admin_address(self) -> str:
        """Of the admin service."""
        return f"127.0.0.1:{self.admin_port}"

    def next_role(self, place: int) -> "Server":
        """The same process as the role that is at `place` of --roles serves there."""
        ports = ports_of((self.port, self.admin_port, 0), place)
        return replace(self, port=ports["port"], admin_port=ports["admin_port"])

    def children(self) -> list[psutil.Process]:
        """The engine's processes."""
        return psutil.Process(self.process.pid).children(recursive=True)


@contextmanager
def generator(
    role: str,
    source: tuple[str, ...],
    log: Path,
    *,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Server]:
    """A server of `role` that is loading or serving; `source` are flags, first of its weights.

    Several roles are written as in --roles.
    """
    port, admin_port = _free_port(), _free_port()
    told = ("--roles" if "," in role else "--role", role)
    command = [sys.executable, "-m", "services.generator", *told, *source, *SETTINGS]
    command += ["--port", str(port), "--admin-port", str(admin_port)]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command,
            stdout=stream,
            stderr=stream,
            env={"OMP_NUM_THREADS": "1", **os.environ, **environment},
        )
    try:
        yield Server(process, port, admin_port, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


async def await_serving(server: Server) -> None:
    """Return when `server` serves; fail with its log when it ends before."""
    end = time.monotonic() + START_S
    async with GeneratorClient(server.address) as client:
        while not await client.is_serving():
            assert server.process.poll() is None, server.log.read_text()[-3000:]
            assert time.monotonic() < end, server.log.read_text()[-3000:]
            await asyncio.sleep(0.5)


def put_weights(channel: Path, role: str, model: Path) -> str:
    """Copy `model` into the weights channel, without a pointer to it; its digest."""
    return Channel(UPath(channel), role).put(model)


def point_to(channel: Path, role: str, digest: str) -> None:
    """Make `digest` the weights of `role`."""
    Channel(UPath(channel), role).point_to(digest)


def left_after(processes: list[psutil.Process], *, timeout_s: float) -> list[psutil.Process]:
    """Those of `processes` that still run after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while (left := [each for each in processes if _runs(each)]) and time.monotonic() < end:
        time.sleep(0.2)
    return left


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
