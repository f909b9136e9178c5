"""A request reaches the endpoint as the library would send it, and it is known what was sent."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import openai
import pytest

from pipelines.openai_client.chat_posts import address_of
from pipelines.openai_client.client import Endpoint, TeacherClient
from pipelines.openai_client.replies import Fault, FaultKind, Reply
from pipelines.scripted_teacher.replies import Odd
from pipelines.scripted_teacher.server import scripted_teacher

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Why, 世界?"}]}
COMPLETION = b'{"choices": [{"message": {"content": "{}"}}]}'


def outcome_at(url: str, timeout_s: float = 5, team: str = "") -> Reply | Fault:
    """What comes of one request."""

    async def asked() -> Reply | Fault:
        client = TeacherClient(Endpoint(url, "m", "secret", headers={"X-Team": team}), timeout_s)
        outcome = await client.complete(REQUEST)
        await client.close()
        return outcome

    return asyncio.run(asked())


@contextmanager
def peer(answer: bytes | None) -> Iterator[tuple[int, list[bytes]]]:
    """A port that says `answer` to whatever it is told, or nothing at all; what it was told."""
    told: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                told.append(connection.recv(65536))
                if answer is None:
                    ended.wait(5)
                else:
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], told
        finally:
            ended.set()
            thread.join(5)


def answered(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (
        len(body),
        body,
    )


def test_key_and_headers_of_the_recipe_are_sent_with_the_text_as_it_is() -> None:
    with peer(answered(COMPLETION)) as (port, told):
        outcome = outcome_at(f"http://127.0.0.1:{port}/v1", team="blue")
    assert isinstance(outcome, Reply)
    head = told[0].partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"post /v1/chat/completions ")
    assert b"\r\nauthorization: bearer secret" in head
    assert b"\r\nx-team: blue" in head


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_is_followed(status: int) -> None:
    def script(request: dict[str, object]) -> str | Odd:
        if len(served.requests) > 1:
            return '{"a": "b"}'
        return Odd(status=status, body=b"", headers={"location": f"{served.url}/chat/completions"})

    with scripted_teacher(script) as served:
        outcome = outcome_at(served.url)
    assert isinstance(outcome, Reply) and outcome.text == '{"a": "b"}'
    assert served.requests == [REQUEST, REQUEST]


def test_a_proxy_that_is_meant_is_told_its_name_and_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with peer(answered(COMPLETION)) as (port, told):
        monkeypatch.setenv("HTTP_PROXY", f"http://me:word@127.0.0.1:{port}")
        monkeypatch.setenv("NO_PROXY", "")
        outcome = outcome_at("http://api.example.com/v1")
    assert isinstance(outcome, Reply)
    assert told[0].startswith(b"POST http://api.example.com/v1/chat/completions ")
    assert b"\r\nproxy-authorization: basic bwu6d29yza==" in told[0].lower()


def test_what_was_sent_to_one_who_hangs_up_may_be_paid() -> None:
    with peer(b"") as (port, _):
        outcome = outcome_at(f"http://127.0.0.1:{port}/v1")
    assert isinstance(outcome, Fault)
    assert (outcome.kind, outcome.is_paid) == (FaultKind.PASSING, True)
    assert f"connection to 127.0.0.1:{port} lost" in outcome.message


def test_what_could_not_be_sent_is_not_paid() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    outcome = outcome_at(f"http://127.0.0.1:{port}/v1")
    assert isinstance(outcome, Fault) and not outcome.is_paid
    assert "ConnectionRefusedError" in outcome.message


def test_who_speaks_no_tls_is_named_with_what_to_write() -> None:
    with peer(answered(COMPLETION)) as (port, _):
        outcome = outcome_at(f"https://127.0.0.1:{port}/v1")
    assert isinstance(outcome, Fault) and not outcome.is_paid
    assert "plain HTTP, write http://" in outcome.message


def test_a_connection_that_is_never_ready_is_not_paid() -> None:
    with peer(None) as (port, _):
        outcome = outcome_at(f"https://127.0.0.1:{port}/v1", timeout_s=0.4)
    assert isinstance(outcome, Fault) and not outcome.is_paid
    assert outcome.message == f"no connection within 0.2 s from 127.0.0.1:{port}"


def test_an_answer_that_does_not_come_may_be_paid() -> None:
    with peer(None) as (port, _):
        outcome = outcome_at(f"http://127.0.0.1:{port}/v1", timeout_s=0.2)
    assert isinstance(outcome, Fault) and outcome.is_paid
    assert outcome.message == f"no answer within 0.2 s from 127.0.0.1:{port}"


async def test_name_and_password_of_a_url_are_its_key() -> None:
    client = openai.AsyncOpenAI(base_url="https://me:word@host:8443/v1", api_key="key")
    address = await address_of(client, "m")
    assert str(address.url) == "https://host:8443/v1/chat/completions"
    assert address.headers["authorization"] == "Basic bWU6d29yZA=="
