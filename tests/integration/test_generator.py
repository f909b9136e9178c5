"""The generator service with a real engine, over gRPC, in processes of its own."""

import asyncio
import json
import re
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import grpc.aio
import pytest
import pytest_asyncio
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import format_trace_id
from safetensors.torch import load_file, save_file

from littlegiants.answers import Generated, WeightsSpan
from littlegiants.client import AdminClient, GeneratorClient
from littlegiants.connection import open_channel
from littlegiants.errors import BadInput, Unavailable
from littlegiants.kinds import Kind
from littlegiants.scoring import Completed, ScoreClient
from littlegiants.tasks import Prompt, Task, draw_prompt
from littlegiants.v1 import generator_pb2, generator_pb2_grpc
from littlegiants.wire import task_to_wire
from tests.integration.generator_process import (
    Server,
    await_serving,
    generator,
    left_after,
    point_to,
    put_weights,
)
from tests.unit.scripted_server import free_port
from tests.unit.span_collector import Collector, span_collector

pytestmark = pytest.mark.engine

SHORT = {"at least 10 words": 1.0}
SLOTS = {
    Kind.RETRIEVAL: {"document_length": SHORT, "query_length": {"5 to 15 words": 1.0}},
    Kind.CLASSIFICATION: {"text_length": SHORT},
    Kind.MATCHING_LONG: {"document_length": SHORT},
}


def prompt_of(kind: Kind, seed: int = 1, text: str = "Match a chore to a tool for it.") -> Prompt:
    """A prompt for short texts."""
    return draw_prompt(Task(kind, "Home/Gardening", text), seed=seed, changes=SLOTS.get(kind))


@pytest.fixture(scope="module")
def channel(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A weights channel with two sets of weights of a junior, and their digests."""
    folder = tmp_path_factory.mktemp("weights")
    other = folder / "other"
    shutil.copytree(smollm2, other)
    tensors = load_file(other / "model.safetensors")
    damped = {name: tensor * 0.98 if "mlp" in name else tensor for name, tensor in tensors.items()}
    save_file(damped, other / "model.safetensors", metadata={"format": "pt"})
    digests = [put_weights(folder, "junior", each) for each in (smollm2, other)]
    point_to(folder, "junior", digests[0])
    return folder, digests[0], digests[1]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Where spans are sent."""
    with span_collector() as listening:
        yield listening


@pytest.fixture(scope="module")
def metrics_port() -> int:
    """Where Prometheus would look."""
    return free_port()


@pytest.fixture(scope="module")
def server(
    channel: tuple[Path, str, str],
    collector: Collector,
    metrics_port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """A junior that most tests share; the last one ends it."""
    log = tmp_path_factory.mktemp("junior") / "log"
    source = ("--weights", str(channel[0]), "--max-attempts", "16")
    told = ("--metrics-port", str(metrics_port), "--otlp-endpoint", collector.endpoint)
    with generator("junior", (*source, *told, "--log-format", "json"), log) as running:
        asyncio.run(await_serving(running))
        yield running


@pytest.fixture
async def client(server: Server) -> AsyncIterator[GeneratorClient]:
    """A client of the shared junior."""
    async with GeneratorClient(server.address) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def written(server: Server) -> dict[Kind, tuple[Generated, ...]]:
    """What the junior answers for each kind, all asked at once."""
    async with GeneratorClient(server.address) as client:
        asked = [client.generate(prompt_of(kind), max_attempts=16, max_tokens=128) for kind in Kind]
        return dict(zip(Kind, await asyncio.gather(*asked), strict=True))


@pytest.mark.parametrize("kind", Kind)
def test_writes_valid_samples_under_the_schema(
    written: dict[Kind, tuple[Generated, ...]], kind: Kind
) -> None:
    (answer,) = written[kind]
    assert answer.sample, (answer.reason, answer.text, answer.rejected)
    assert answer.sample.kind is kind
    assert not answer.reason


async def test_prometheus_reads_the_metrics_of_engine_and_service_that_dashboards_ask_for(
    client: GeneratorClient, metrics_port: int
) -> None:
    await client.generate(prompt_of(Kind.MATCHING_SHORT))
    shown = await asyncio.to_thread(
        lambda: urlopen(f"http://127.0.0.1:{metrics_port}/metrics", timeout=10).read().decode()
    )
    series = set(re.findall(r"^([a-z][\w:]+)[{ ]", shown, re.MULTILINE))
    files = Path("charts/littlegiants/files")
    asked = (files / "dashboard.json").read_text() + (files / "alerts.yaml").read_text()
    names = set(re.findall(r"\b(?:littlegiants_|vllm:)\w+", asked))
    of_stages = {name for name in names if re.match("littlegiants_(stage|teacher)_", name)}
    assert names - of_stages <= series
    assert {name.partition(":")[0] for name in names if ":" in name} == {"vllm"}


async def test_the_engines_span_stands_in_the_callers_trace(
    client: GeneratorClient, collector: Collector
) -> None:
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("caller")
    with tracer.start_as_current_span("caller") as span:
        await client.generate(prompt_of(Kind.MATCHING_SHORT))
    trace_id = format_trace_id(span.get_span_context().trace_id)
    names: set[str] = set()
    async with asyncio.timeout(20):
        while "llm_request" not in names or len(names) < 3:
            await asyncio.sleep(0.5)
            names = {each.name for each in collector.spans if each.trace_id == trace_id}
    assert names == {
        "littlegiants.v1.GeneratorService/Generate",
        "Generate item",
        "llm_request",
    }


def test_each_line_that_the_engines_processes_log_is_json(server: Server) -> None:
    lines = server.log.read_text().splitlines()
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    of_engine = {line["process"] for line in logged if line["logger"].startswith("vllm.")}
    assert of_engine > {server.process.pid}
    assert not [line for line in lines if re.search(r"\b(INFO|WARNING|ERROR) \d\d-\d\d ", line)]


async def test_an_unconstrained_completion_comes_back_whatever_it_is(
    client: GeneratorClient,
) -> None:
    prompt = prompt_of(Kind.MATCHING_SHORT)
    (answer,) = await client.generate(prompt, constrained=False, max_tokens=12)
    assert (answer.sample, answer.reason) == (None, "truncated")
    assert answer.text
    assert answer.provenance.completion_tokens == 12
    assert answer.provenance.seed == prompt.seed


async def test_the_same_request_has_the_same_answer(
    client: GeneratorClient, channel: tuple[Path, str, str]
) -> None:
    prompt = prompt_of(Kind.MATCHING_SHORT)
    (alone,) = await client.generate(prompt, max_tokens=32)
    others = [prompt_of(Kind.STS, 7)]
    among = [answer async for answer in client.generate_many([*others, prompt], max_tokens=32)]
    again = next(answer for answer in among if answer.prompt == prompt)
    assert again.text == alone.text
    assert again.provenance.weights_digest == channel[1]


async def test_a_text_does_not_depend_on_what_is_written_beside_it(
    client: GeneratorClient,
) -> None:
    prompts = [prompt_of(Kind.STS, seed=seed) for seed in range(2)]
    crowd = [prompt_of(Kind.RETRIEVAL, seed=seed) for seed in range(3)]
    alone = [
        (await client.generate(prompt, constrained=False, max_tokens=16)) for prompt in prompts
    ]
    asked = (client.generate(each, constrained=False, max_tokens=16) for each in [*prompts, *crowd])
    crowded = await asyncio.gather(*asked)
    assert [each[0].text for each in crowded[:2]] == [each[0].text for each in alone]


async def test_long_seeded_prompts_side_by_side_leave_the_engine_alive(
    client: GeneratorClient,
) -> None:
    long = "Given a chore, find the tool that was made for it in one's own village. " * 30
    prompts = [prompt_of(Kind.RETRIEVAL, seed, f"{seed} {long}") for seed in range(2)]
    answers = [answer async for answer in client.generate_many(prompts, max_tokens=16)]
    assert len(answers) == 2
    assert all(answer.provenance.prompt_tokens > 512 for answer in answers)


async def test_a_prompt_beyond_the_context_is_refused(client: GeneratorClient) -> None:
    with pytest.raises(BadInput, match="1024"):
        await client.generate(prompt_of(Kind.RETRIEVAL, text="tool " * 2000))


async def test_one_bad_item_does_not_spoil_a_batch(server: Server) -> None:
    good = prompt_of(Kind.MATCHING_SHORT)
    requests = [
        generator_pb2.GenerateRequest(task=task_to_wire(good.task), seed=seed) for seed in range(3)
    ]
    requests[1].task.ClearField("matching_short")
    async with open_channel(server.address) as channel:
        stub = generator_pb2_grpc.GeneratorServiceStub(channel)
        call = stub.GenerateBatch(generator_pb2.GenerateBatchRequest(requests=requests))
        messages = [message async for message in call]
    results, summary = messages[:-1], messages[-1].summary
    by_index = {message.result.index: message.result for message in results}
    assert sorted(by_index) == [0, 1, 2]
    assert by_index[1].error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert by_index[0].text
    assert by_index[2].text
    assert (summary.request_count, summary.result_count) == (3, 3)


async def test_every_token_names_the_weights_that_wrote_it(
    client: GeneratorClient, channel: tuple[Path, str, str]
) -> None:
    (answer,) = await client.generate(prompt_of(Kind.STS), constrained=False, max_tokens=9)
    (span,) = answer.provenance.weights_spans
    assert span == WeightsSpan(channel[1], 0, 9)


async def test_what_the_model_would_write_is_likelier_than_what_it_would_not(
    client: GeneratorClient, server: Server
) -> None:
    prompt = prompt_of(Kind.STS)
    (answer,) = await client.generate(prompt, constrained=False, temperature=0.0, max_tokens=12)
    texts = [answer.text, "zebra quux lantern " * 4, answer.text]
    async with ScoreClient(server.address) as scorer:
        asked = [Completed(prompt, text) for text in texts]
        found = {each.index: each async for each in scorer.score(asked)}
    scores = [found[index].log_probability for index in range(3)]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0] > scores[1]
    assert scores[0] == scores[2]
    assert found[0].weights_digest == answer.provenance.weights_digest


async def test_a_completion_beyond_the_context_is_not_scored(server: Server) -> None:
    async with ScoreClient(server.address) as scorer:
        asked = [Completed(prompt_of(Kind.STS), "tool " * 2000)]
        (found,) = [each async for each in scorer.score(asked)]
    assert (found.reason, found.log_probability) == ("bad_input", None)


async def test_a_cancelled_call_frees_its_slots(client: GeneratorClient, server: Server) -> None:
    prompts = [prompt_of(Kind.MATCHING_LONG, seed) for seed in range(8)]
    calls = [asyncio.ensure_future(client.generate(each, constrained=False)) for each in prompts]
    await asyncio.sleep(0.5)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    async with AdminClient(server.admin_address) as admin:
        await admin.reload(timeout_s=5)


async def test_reloads_the_weights_that_the_pointer_names(
    client: GeneratorClient, server: Server, channel: tuple[Path, str, str]
) -> None:
    folder, first, second = channel
    prompt = replace(prompt_of(Kind.STS), seed=3)
    texts: dict[str, tuple[str, float | None]] = {}
    async with AdminClient(server.admin_address) as admin, ScoreClient(server.address) as scorer:
        for digest in (first, second, first):
            point_to(folder, "junior", digest)
            assert await admin.reload() == digest
            assert (await client.model_info()).weights_digest == digest
            (answer,) = await client.generate(
                prompt, temperature=0.0, constrained=False, max_tokens=8
            )
            assert answer.provenance.weights_digest == digest
            (scored,) = [each async for each in scorer.score([Completed(prompt, "the garden")])]
            assert scored.weights_digest == digest
            found = (answer.text, scored.log_probability)
            assert texts.setdefault(digest, found) == found
    assert texts[first][1] != texts[second][1]


async def test_tampered_weights_are_refused_and_the_old_ones_serve(
    client: GeneratorClient, server: Server, channel: tuple[Path, str, str]
) -> None:
    folder, first, second = channel
    config = folder / "junior" / second / "config.json"
    config.write_text(config.read_text() + " ")
    point_to(folder, "junior", second)
    async with AdminClient(server.admin_address) as admin:
        with pytest.raises(BadInput, match=r"config\.json"):
            await admin.reload()
    (answer,) = await client.generate(prompt_of(Kind.MATCHING_SHORT))
    assert answer.provenance.weights_digest == first


async def test_stops_soon_after_a_sigterm_and_leaves_nothing(
    client: GeneratorClient, server: Server
) -> None:
    children = server.children()
    prompt = prompt_of(Kind.MATCHING_LONG)
    call = asyncio.ensure_future(client.generate(prompt, count=8, constrained=False, timeout_s=30))
    await asyncio.sleep(0.5)
    server.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(server.process.wait, 30) == 0  # what Kubernetes gives
    assert children
    assert not left_after(children, timeout_s=1)
    (outcome,) = await asyncio.gather(call, return_exceptions=True)
    assert isinstance(outcome, tuple | Unavailable)
