"""A store that does not answer, or lets nobody in, is told apart, each with its remedy."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from s3fs import S3FileSystem

from littlegiants.errors import BadInput, Unavailable
from services.generator.settings import parse
from services.generator.weights.source import find_weights

REFUSAL = b"""<?xml version="1.0"?>
<Error><Code>InvalidAccessKeyId</Code><Message>No such key.</Message></Error>"""


class Refusing(BaseHTTPRequestHandler):
    """An S3 that knows no key."""

    def do_GET(self) -> None:
        self.send_response(403)
        self.send_header("content-type", "application/xml")
        self.send_header("content-length", str(len(REFUSAL)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(REFUSAL)

    do_HEAD = do_GET

    def log_message(self, *parts: object) -> None:
        """Say nothing."""


@pytest.fixture
def refusing() -> Iterator[str]:
    """The URL of such a store."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any keys, and no second try."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    # a file system is kept for its address and settings; those in the environment are none of them
    S3FileSystem.clear_instance_cache()


def look(endpoint: str, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
    arguments = ["--role", "junior", "--weights", "s3://bucket/weights", "--cache", str(cache)]
    find_weights(parse(arguments))


def test_no_answer_asks_for_the_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="AWS_ENDPOINT_URL_S3"):
        look("http://127.0.0.1:1", monkeypatch, tmp_path)


def test_refused_keys_ask_for_other_keys(
    refusing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="AWS_SECRET_ACCESS_KEY"):
        look(refusing, monkeypatch, tmp_path)
