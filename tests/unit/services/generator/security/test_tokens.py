"""Tokens: who is let in, and what happens when the mounted folder changes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from littlegiants.client import AdminClient, Credentials, GeneratorClient
from littlegiants.connection import open_channel
from littlegiants.errors import BadInput
from littlegiants.v1 import generator_pb2, generator_pb2_grpc, model_pb2, model_pb2_grpc
from littlegiants.wire import task_to_wire
from services.generator.engine.protocol import CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, fill_schema, open_scripted
from services.generator.security import tokens as callers
from services.generator.security.tokens import CALLER, Callers, read_digests
from services.generator.server import run
from services.generator.settings import GeneratorSettings
from tests.unit.scripted_server import Scripted, free_port, prompt_of, scripted_server


@pytest.fixture(autouse=True)
def looks_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed folder counts at the very next call."""
    monkeypatch.setattr(callers, "LOOK_S", 0.0)


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    """Two callers' tokens."""
    return mounted(tmp_path / "tokens", alice="token-of-alice", bob="token-of-bob")


@pytest.fixture
async def server(tokens: Path) -> AsyncIterator[Scripted]:
    """One that asks for them."""
    async with scripted_server(tokens=tokens) as running:
        yield running


def mounted(folder: Path, **tokens: str) -> Path:
    """A folder as a mounted Kubernetes Secret is: names that lead into a hidden version."""
    version = folder / "..2026_11_25"
    version.mkdir(parents=True)
    (folder / "..data").symlink_to(version.name)
    for name, token in tokens.items():
        (version / name).write_text(f"{token}\n")
        (folder / name).symlink_to(Path("..data") / name)
    return folder


async def ask(server: Scripted, token: str) -> bool:
    """Whether a call with `token` gets its sample."""
    async with GeneratorClient(server.address, credentials=Credentials(token)) as client:
        (answer,) = await client.generate(prompt_of(), timeout_s=5)
    return answer.sample is not None


async def test_a_known_token_is_let_in(server: Scripted) -> None:
    assert await ask(server, "token-of-alice")
    assert await ask(server, "token-of-bob")


@pytest.mark.parametrize(
    ("metadata", "remedy"),
    [
        ((), "send the metadata"),
        ((("authorization", "Basic token-of-alice"),), "send the metadata"),
        ((("authorization", "Bearer "),), "send the metadata"),
        ((("authorization", "Bearer token-of-alice"),) * 2, "send the metadata"),
        ((("authorization", "Bearer token-of-alic"),), "read it again"),
        ((("authorization", "Bearer alice"),), "read it again"),
    ],
)
async def test_other_calls_are_told_what_to_do(
    server: Scripted, metadata: tuple[tuple[str, str], ...], remedy: str
) -> None:
    async with open_channel(server.address) as channel:
        stub = generator_pb2_grpc.GeneratorServiceStub(channel)
        requests = [generator_pb2.GenerateRequest(task=task_to_wire(prompt_of().task))]
        unary = stub.Generate(requests[0], metadata=metadata)
        with pytest.raises(grpc.aio.AioRpcError, match=remedy) as one:
            await unary
        stream = stub.GenerateBatch(
            generator_pb2.GenerateBatchRequest(requests=requests), metadata=metadata
        )
        with pytest.raises(grpc.aio.AioRpcError, match=remedy) as many:
            await stream.read()
    assert one.value.code() is many.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_client_takes_a_refusal_for_its_own_fault(server: Scripted) -> None:
    async with GeneratorClient(server.address) as client:
        with pytest.raises(BadInput, match="UNAUTHENTICATED: authorization: no token"):
            await client.generate(prompt_of())
        assert await client.is_serving()


async def test_a_stream_is_let_in_too(server: Scripted) -> None:
    async with open_channel(server.address, Credentials("token-of-bob")) as channel:
        stub = generator_pb2_grpc.GeneratorServiceStub(channel)
        request = generator_pb2.GenerateRequest(task=task_to_wire(prompt_of().task))
        call = stub.GenerateBatch(generator_pb2.GenerateBatchRequest(requests=[request]))
        *_, last = [message async for message in call]
    assert last.summary.sample_count == 1


async def test_the_engine_can_tell_whose_call_it_is(tokens: Path) -> None:
    seen = []

    def script(request: CompletionRequest) -> str:
        seen.append(CALLER.get())
        return fill_schema(request)

    async with scripted_server(ScriptedEngine(script), tokens=tokens) as server:
        for name in ("bob", "alice"):
            assert await ask(server, f"token-of-{name}")
    assert seen == ["bob", "alice"]


async def test_tokens_change_without_a_restart(server: Scripted, tokens: Path) -> None:
    async with GeneratorClient(
        server.address, credentials=Credentials(token_file=tokens / "alice")
    ) as client:
        await client.generate(prompt_of())
        (tokens / "..data" / "alice").write_text("another")
        await client.generate(prompt_of())
    with pytest.raises(BadInput, match="read it again"):
        await ask(server, "token-of-alice")
    (tokens / "carol").write_text("token-of-carol")
    assert await ask(server, "token-of-carol")
    (tokens / "bob").unlink()
    with pytest.raises(BadInput):
        await ask(server, "token-of-bob")


async def test_without_any_token_nobody_is_let_in(
    server: Scripted, tokens: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("alice", "bob"):
        (tokens / name).unlink()
    for _ in range(2):
        with pytest.raises(BadInput):
            await ask(server, "token-of-alice")
    assert caplog.text.count("nobody is let in") == 1
    (tokens / "bob").write_text("token-of-bob")
    assert await ask(server, "token-of-bob")


async def test_tokens_of_one_port_do_not_open_the_other(tokens: Path, tmp_path: Path) -> None:
    admins = mounted(tmp_path / "admins", operator="token-of-operator")
    async with scripted_server(
        tokens=tokens, admin_tokens=admins, admin_port=free_port()
    ) as server:
        with pytest.raises(BadInput):
            await ask(server, "token-of-operator")
        for token in ("", "token-of-alice"):
            async with AdminClient(server.admin_address, credentials=Credentials(token)) as admin:
                with pytest.raises(BadInput, match="UNAUTHENTICATED"):
                    await admin.drain(timeout_s=1)
                assert await admin.is_serving()
        assert not server.served.is_draining
        operator = Credentials("token-of-operator")
        async with AdminClient(server.admin_address, credentials=operator) as admin:
            assert await admin.drain(timeout_s=1) == 0


async def test_refuses_before_a_message_is_read(server: Scripted) -> None:
    async with open_channel(server.address) as channel:
        call: Any = channel.unary_unary("/littlegiants.v1.ModelService/GetModelInfo")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(b"\xff" * 1000)
        unknown: Any = channel.unary_unary("/littlegiants.v1.ModelService/Nothing")
        with pytest.raises(grpc.aio.AioRpcError) as hidden:
            await unknown(b"")
        stub = model_pb2_grpc.ModelServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.GetModelInfo(model_pb2.GetModelInfoRequest())
    codes = {refused.value.code(), hidden.value.code()}
    assert codes == {grpc.StatusCode.UNAUTHENTICATED}


@pytest.mark.parametrize("content", ["missing", "empty", "blank"])
def test_a_server_does_not_start_without_a_token(content: str, tmp_path: Path) -> None:
    folder, model = tmp_path / "tokens", tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    if content != "missing":
        mounted(folder, **({"alice": " "} if content == "blank" else {}))
    with pytest.raises(BadInput, match=r"^tokens: .*tokens"):
        read_digests(folder)
    engine = ScriptedEngine()
    settings = GeneratorSettings(role="junior", model=model, tokens=folder)
    assert run(settings, open_scripted(engine)) == 2
    assert not engine.loaded


def test_hidden_files_are_nobodys_tokens(tokens: Path) -> None:
    (tokens / ".previous").write_text("token-of-yesterday")
    assert set(read_digests(tokens)) == {"alice", "bob"}


def test_no_token_is_kept(tokens: Path) -> None:
    known = Callers(tokens)
    assert known.name_of("token-of-alice") == "alice"
    kept = repr([getattr(known, name) for name in vars(known)])
    assert "alice" in kept and "token-of-alice" not in kept
    assert "token-of-alice" not in repr(Credentials("token-of-alice"))
