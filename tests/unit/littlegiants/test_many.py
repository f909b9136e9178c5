"""Many items: back-pressure, progress, an item that fails, a service that is gone."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from littlegiants.client import Generated, GeneratorClient, Progress, RevisorClient
from littlegiants.errors import BadInput, Unavailable
from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from services.generator.engine.protocol import CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, fill_schema
from tests.unit.scripted_server import prompt_of, scripted_server

SAMPLE = Sample(Kind.MATCHING_SHORT, "cutting back a hedge", "hedge shears")
GONE = "127.0.0.1:1"


def misfit() -> Prompt:
    """A prompt that is refused: there is no such attribute."""
    return replace(prompt_of(), attributes={"colour": "red"})


async def test_a_slow_consumer_stops_the_intake() -> None:
    taken = 0

    async def endless() -> AsyncIterator[Prompt]:
        nonlocal taken
        while True:
            taken += 1
            yield prompt_of(seed=taken)

    async with scripted_server() as server, GeneratorClient(server.address) as client:
        answers = client.generate_many(endless(), concurrency=5)
        for _ in range(3):
            await anext(answers)
            await asyncio.sleep(0.2)
        await answers.aclose()
    assert taken <= 3 + 5 + 1


async def test_leaving_early_ends_the_work_on_the_server() -> None:
    engine = ScriptedEngine(delay_s=0.05)
    async with scripted_server(engine) as server, GeneratorClient(server.address) as client:
        answers = client.generate_many((prompt_of(seed=i) for i in range(100)), concurrency=4)
        await anext(answers)
        engine.delay_s = 60
        await anext(answers)
        await answers.aclose()
        await asyncio.sleep(0.5)
        assert engine.running_count == 0


async def test_progress_tells_what_became_of_the_items_and_how_many_there_are() -> None:
    def script(request: CompletionRequest) -> str:
        return fill_schema(request) if request.seed % 2 else "no sample here"

    seen: list[Progress] = []
    prompts = [replace(prompt_of(), seed=seed) for seed in range(10)]
    async with (
        scripted_server(ScriptedEngine(script)) as server,
        GeneratorClient(server.address) as client,
    ):
        many = client.generate_many(prompts, count=2, progress=seen.append)
        assert len([answer async for answer in many]) == 20
        [each async for each in client.generate_many(iter(prompts), progress=seen.append)]
    assert [progress.done for progress in seen[:10]] == list(range(1, 11))
    last = seen[9]
    assert (last.valid, last.dropped, last.total) == (10, {"no_json": 10}, 10)
    assert last.seconds > 0 and last.remaining_s == 0
    assert seen[-1].total is None and seen[-1].remaining_s is None


async def test_the_first_item_without_an_answer_ends_everything_by_default() -> None:
    async with scripted_server() as server, GeneratorClient(server.address) as client:
        with pytest.raises(BadInput, match="colour"):
            [each async for each in client.generate_many([prompt_of(), misfit()])]


async def test_an_item_that_is_refused_comes_back_with_its_reason_and_the_others_are_done() -> None:
    prompts = [prompt_of(seed=1), misfit(), prompt_of(seed=2)]
    async with scripted_server() as server, GeneratorClient(server.address) as client:
        many = client.generate_many(prompts, on_error="yield")
        answers = {answer.prompt.id: answer async for answer in many}
    assert [bool(answers[prompt.id].sample) for prompt in prompts] == [True, False, True]
    refused = answers[prompts[1].id]
    assert (refused.reason, refused.may_retry) == ("bad_input", False)
    assert "attributes.colour" in refused.message


async def test_a_refusal_by_the_server_names_its_field_too() -> None:
    async with scripted_server() as server, GeneratorClient(server.address) as client:
        many = client.generate_many([prompt_of()], count=1000, on_error="yield")
        (answer,) = [each async for each in many]
    assert (answer.reason, answer.may_retry) == ("bad_input", False)
    assert "count" in answer.message


async def test_an_item_that_took_too_long_may_be_asked_again() -> None:
    slow = prompt_of(seed=3)

    class Sometimes(ScriptedEngine):
        async def complete(self, request: CompletionRequest) -> object:  # type: ignore[override]
            await asyncio.sleep(60 if request.seed == slow.seed else 0)
            return await super().complete(request)

    prompts = [prompt_of(seed=1), slow]
    async with (
        scripted_server(Sometimes()) as server,
        GeneratorClient(server.address) as client,
    ):
        many = client.generate_many(prompts, on_error="yield", timeout_s=1)
        answers: list[Generated] = [answer async for answer in many]
    assert [(answer.reason, answer.may_retry) for answer in answers] == [
        ("", False),
        ("deadline_exceeded", True),
    ]


async def test_a_service_that_is_gone_ends_the_call_before_the_input_is_used_up() -> None:
    taken = 0

    def prompts() -> Iterator[Prompt]:
        nonlocal taken
        for taken in range(1000):
            yield prompt_of(seed=taken)

    async with GeneratorClient(GONE) as client:
        many = client.generate_many(prompts(), on_error="yield", concurrency=10, timeout_s=0.3)
        answers: list[Generated] = []

        async def read() -> None:
            async for answer in many:
                answers.append(answer)

        with pytest.raises(Unavailable):
            await read()
    assert len(answers) == 10
    assert taken < 40


async def test_what_every_item_would_be_refused_ends_the_call() -> None:
    async with scripted_server(role="revisor") as server, GeneratorClient(server.address) as wrong:
        with pytest.raises(BadInput, match="UNIMPLEMENTED"):
            [each async for each in wrong.generate_many([prompt_of()], on_error="yield")]


async def test_waits_for_a_server_that_restarts() -> None:
    async with scripted_server() as first:
        port = first.listening.port
        client = GeneratorClient(first.address)
        await client.__aenter__()
        await client.generate(prompt_of())
    many = client.generate_many([prompt_of()], timeout_s=30)
    waiting = asyncio.ensure_future(many.__anext__())
    # longer than the retries of a call that does not wait
    await asyncio.sleep(5)
    assert not waiting.done()
    async with scripted_server(port=port):
        assert (await waiting).sample
        await client.channel.close()


async def test_a_revision_that_failed_keeps_its_draft() -> None:
    async with scripted_server(role="revisor") as server, RevisorClient(server.address) as client:
        pairs = [(misfit(), SAMPLE)]
        (answer,) = [each async for each in client.revise_many(pairs, on_error="yield")]
    assert (answer.sample, answer.reason, answer.draft) == (None, "bad_input", SAMPLE)
