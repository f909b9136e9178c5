"""An S3 server on this machine that can go away and come back with what it held."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from moto.server import ThreadedMotoServer
from upath import UPath

from tests.unit.scripted_server import free_port

BUCKET = "runs"


@dataclass(slots=True)
class S3Server:
    """A running server with one bucket; the objects are in this process, not in the server."""

    port: int
    running: ThreadedMotoServer

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def folder(self, name: str) -> UPath:
        """A folder in the bucket."""
        return UPath(
            f"s3://{BUCKET}/{name}",
            key="test",
            secret="test",
            client_kwargs={"endpoint_url": self.url, "region_name": "eu-central-1"},
            config_kwargs={"connect_timeout": 2, "retries": {"max_attempts": 1}},
        )

    def stop(self) -> None:
        """Answer nothing any more."""
        self.running.stop()

    def start(self) -> None:
        """Answer again."""
        self.running = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self.running.start()


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A server with an empty bucket."""
    port = free_port()
    server = S3Server(port, ThreadedMotoServer("127.0.0.1", port, verbose=False))
    server.running.start()
    with contextlib.suppress(FileExistsError):  # one process has one set of objects
        server.folder("").fs.mkdir(BUCKET)
    try:
        yield server
    finally:
        server.stop()
