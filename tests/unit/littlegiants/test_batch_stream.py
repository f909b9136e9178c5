"""Batches: results as they come, items that are refused, and an answer that was cut."""

import json
from dataclasses import replace

import pytest

from littlegiants.client import GeneratorClient, RevisorClient
from littlegiants.errors import BadInput, Unavailable
from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.v1 import generator_pb2, sample_pb2
from services.generator.engine.protocol import CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, fill_schema
from tests.unit.scripted_server import prompt_of, scripted_server
from tests.unit.truncating_server import truncating_server

SAMPLE = Sample(Kind.MATCHING_SHORT, "cutting back a hedge", "hedge shears")


async def test_every_candidate_of_a_batch_belongs_to_its_prompt() -> None:
    prompts = [prompt_of(kind, seed) for kind in Kind for seed in range(2)]
    async with scripted_server() as server, GeneratorClient(server.address) as client:
        answers = [each async for each in client.generate_batch(prompts, count=2)]
    assert len(answers) == 2 * len(prompts)
    assert all(each.sample and each.sample.kind is each.prompt.task.kind for each in answers)
    assert {each.prompt.id for each in answers} == {prompt.id for prompt in prompts}


async def test_results_of_a_batch_come_before_it_is_done() -> None:
    engine = ScriptedEngine()
    async with scripted_server(engine, max_seqs=1) as server, GeneratorClient(server.address) as it:
        batch = it.generate_batch([prompt_of(seed=seed) for seed in range(200)])
        await anext(batch)
        engine.delay_s = 60
        await batch.aclose()
    assert engine.asked_count < 200


async def test_a_prompt_that_is_refused_does_not_take_the_others_with_it() -> None:
    prompts = [prompt_of(), replace(prompt_of(), seed=-1)]
    async with scripted_server() as server, GeneratorClient(server.address) as client:
        answers = {each.prompt.seed: each async for each in client.generate_batch(prompts)}
    assert answers[prompts[0].seed].sample
    refused = answers[-1]
    assert (refused.reason, refused.may_retry) == ("bad_input", False)
    assert "seed" in refused.message


async def test_a_revision_of_a_batch_belongs_to_its_draft() -> None:
    def script(request: CompletionRequest) -> str:
        mended = {"input": "pruning a rose", "positive_document": "secateurs"}
        return json.dumps({"reason": "Vague.", "revision": mended})

    pairs = [(prompt_of(seed=seed), replace(SAMPLE, query=f"chore {seed}")) for seed in range(5)]
    async with (
        scripted_server(ScriptedEngine(script), role="revisor") as server,
        RevisorClient(server.address) as client,
    ):
        answers = [each async for each in client.revise_batch(pairs)]
    assert len(answers) == 5
    assert all((each.prompt, each.draft) in pairs and each.sample for each in answers)


async def test_a_batch_that_is_too_large_is_bad_input() -> None:
    async with (
        scripted_server(max_batch_requests=2) as server,
        GeneratorClient(server.address) as c,
    ):
        with pytest.raises(BadInput, match="requests"):
            [each async for each in c.generate_batch([prompt_of()] * 3)]


RESULT = generator_pb2.GenerateBatchResponse(
    result=generator_pb2.GenerateResult(index=0, text=fill_schema.__name__)
)
SUMMARY_OF_TWO = generator_pb2.GenerateBatchResponse(
    summary=sample_pb2.BatchSummary(request_count=2, result_count=2)
)


@pytest.mark.parametrize(
    "messages",
    [(), (RESULT,), (RESULT, SUMMARY_OF_TWO)],
    ids=["nothing", "no summary", "fewer than the summary counts"],
)
async def test_an_answer_that_was_cut_is_noticed(
    messages: tuple[generator_pb2.GenerateBatchResponse, ...],
) -> None:
    async with truncating_server(*messages) as address, GeneratorClient(address) as client:
        with pytest.raises(Unavailable, match="was cut"):
            [each async for each in client.generate_batch([prompt_of()])]


async def test_a_whole_answer_is_not_called_cut() -> None:
    async with (
        truncating_server(RESULT, RESULT, SUMMARY_OF_TWO) as address,
        GeneratorClient(address) as c,
    ):
        assert len([each async for each in c.generate_batch([prompt_of()])]) == 2
