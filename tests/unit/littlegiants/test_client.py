"""The client against the real services, with a scripted engine."""

import asyncio
import json
from collections.abc import AsyncIterator

import grpc
import grpc.aio
import pytest

from littlegiants.client import AdminClient, Generated, GeneratorClient, RevisorClient
from littlegiants.connection import open_channel
from littlegiants.errors import BadInput, Unavailable
from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from littlegiants.v1 import admin_pb2, admin_pb2_grpc
from services.generator.engine.protocol import CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, fill_schema
from tests.unit.scripted_server import prompt_of, scripted_server

SAMPLE = Sample(Kind.MATCHING_SHORT, "cutting back a hedge", "hedge shears")


@pytest.mark.parametrize("kind", Kind)
async def test_a_prompt_becomes_valid_candidates(kind: Kind) -> None:
    prompt = prompt_of(kind)
    async with scripted_server() as server, GeneratorClient(server.address) as client:
        answers = await client.generate(prompt, count=3)
    assert [answer.candidate for answer in answers] == [0, 1, 2]
    assert [answer.provenance.seed for answer in answers] == [prompt.seed + i for i in range(3)]
    assert {answer.reason for answer in answers} == {""}
    assert all(answer.sample and answer.sample.kind is kind for answer in answers)
    assert {answer.provenance.weights_digest for answer in answers} == {"first"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no sample here", "no_json"),
        ('["a"]', "not_an_object"),
        ('{"input": "a hoe"}', "missing_field"),
        ('{"input": "a hoe", "positive_document": "a hoe"}', "positive_differs"),
    ],
)
async def test_names_the_reason_why_there_is_no_sample(text: str, reason: str) -> None:
    engine = ScriptedEngine(lambda request: text)
    async with scripted_server(engine) as server, GeneratorClient(server.address) as client:
        (answer,) = await client.generate(prompt_of(), constrained=False)
    assert (answer.sample, answer.reason, answer.text) == (None, reason, text)


async def test_a_cut_completion_is_truncated_even_if_it_could_be_repaired() -> None:
    async with scripted_server() as server, GeneratorClient(server.address) as client:
        (answer,) = await client.generate(prompt_of(Kind.STS), max_tokens=2)
    assert answer.reason == "truncated"
    assert answer.provenance.finish_reason == "length"


async def test_a_retry_has_another_seed_and_tells_what_was_rejected() -> None:
    prompt = prompt_of()

    def script(request: CompletionRequest) -> str:
        return "nothing" if request.seed == prompt.seed else fill_schema(request)

    async with (
        scripted_server(ScriptedEngine(script)) as server,
        GeneratorClient(server.address) as client,
    ):
        (first,) = await client.generate(prompt, max_attempts=3)
        (again,) = await client.generate(prompt, max_attempts=3)
    assert first.sample
    assert (first.provenance.attempt, first.provenance.seed) != (1, prompt.seed)
    assert [(each.reason, each.text) for each in first.rejected] == [("no_json", "nothing")]
    assert again.text == first.text


async def test_many_prompts_come_back_as_they_are_done_and_are_counted() -> None:
    prompts = [prompt_of(seed=seed) for seed in range(30)]
    counts: list[int] = []

    async def source() -> AsyncIterator[Prompt]:
        for prompt in prompts:
            yield prompt

    async with scripted_server() as server, GeneratorClient(server.address) as client:
        many = client.generate_many(
            source(), concurrency=5, progress=lambda progress: counts.append(progress.done)
        )
        answers: list[Generated] = [answer async for answer in many]
    assert {answer.prompt.id for answer in answers} == {prompt.id for prompt in prompts}
    assert counts == list(range(1, 31))


async def test_a_revision_carries_the_mended_sample_and_the_remark() -> None:
    mended = {"input": "pruning a rose", "positive_document": "secateurs"}
    engine = ScriptedEngine(lambda request: json.dumps({"reason": "Vague.", "revision": mended}))
    async with (
        scripted_server(engine, role="revisor") as server,
        RevisorClient(server.address) as client,
    ):
        revised = await client.revise(prompt_of(), SAMPLE)
        many = [each async for each in client.revise_many([(prompt_of(), SAMPLE)] * 3)]
    assert revised.sample == Sample(Kind.MATCHING_SHORT, "pruning a rose", "secateurs")
    assert (revised.reason, revised.remark) == ("", "Vague.")
    assert len(many) == 3


async def test_the_model_tells_about_itself() -> None:
    async with scripted_server(max_count=9) as server, GeneratorClient(server.address) as client:
        info = await client.model_info()
    assert (info.role, info.weights_digest, info.engine_version) == ("junior", "first", "scripted")
    assert info.limits["max_count"] == 9
    assert info.prompt_digests["synthesize_sts"]


async def test_what_is_refused_is_bad_input() -> None:
    async with scripted_server() as server, GeneratorClient(server.address) as client:
        with pytest.raises(BadInput, match="count"):
            await client.generate(prompt_of(), count=1000)
    async with scripted_server(role="revisor") as server, GeneratorClient(server.address) as wrong:
        with pytest.raises(BadInput, match="UNIMPLEMENTED"):
            await wrong.generate(prompt_of())


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with GeneratorClient("127.0.0.1:1") as client:
        with pytest.raises(Unavailable, match="not serving"):
            await client.wait_until_serving(timeout_s=0.5)
        with pytest.raises(Unavailable):
            await client.generate(prompt_of(), timeout_s=0.5)


async def test_waits_until_the_server_is_ready() -> None:
    async with scripted_server(is_ready=False) as server, GeneratorClient(server.address) as client:
        waiting = asyncio.ensure_future(client.wait_until_serving(timeout_s=20))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await server.listening.health.set_ready(True)
        await waiting


async def test_a_drained_server_takes_no_calls() -> None:
    engine = ScriptedEngine(delay_s=0.2)
    async with (
        scripted_server(engine, admin_port=_free_port()) as server,
        GeneratorClient(server.address) as client,
        AdminClient(server.admin_address) as admin,
    ):
        call = asyncio.ensure_future(client.generate(prompt_of()))
        await asyncio.sleep(0.1)
        assert await admin.drain(timeout_s=5) == 0
        assert (await call)[0].sample
        assert not await client.is_serving()
        with pytest.raises(Unavailable):
            await client.generate(prompt_of(), timeout_s=1)


@pytest.mark.parametrize("timeout_s", [float("nan"), float("inf"), -1.0])
async def test_a_drain_has_a_time(timeout_s: float) -> None:
    async with (
        scripted_server(admin_port=_free_port()) as server,
        open_channel(server.admin_address) as channel,
    ):
        stub = admin_pb2_grpc.AdminServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError, match="timeout_s") as refused:
            await stub.Drain(admin_pb2.DrainRequest(timeout_s=timeout_s))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert not server.served.is_draining


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_proxy_never_stands_before_a_service_nearby(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with scripted_server() as server, GeneratorClient(server.address) as client:
        assert await client.is_serving()
