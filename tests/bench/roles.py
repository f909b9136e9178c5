"""Three roles in one process against a process each: tokens a second, and memory."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psutil
from upath import UPath

from littlegiants.client import GeneratorClient
from littlegiants.connection import open_channel
from littlegiants.kinds import SPECS
from littlegiants.requests import Options, revise_request
from littlegiants.samples import Sample
from littlegiants.v1 import generator_pb2, generator_pb2_grpc, revisor_pb2, revisor_pb2_grpc
from pipelines.generators.weights_channel import Channel
from services.generator.roles import PORT_STEP, ROLES
from tests.bench.load import prompts, requests
from tests.bench.peers import START_S, process
from tests.bench.table import Row, row
from tests.integration.tiny_weights import make_tiny_adapter

COUNT = 8
"""Items of each role in a round."""
TOKENS = 32
"""Of an item."""
FIRST_PORTS = itertools.count(21_000, 100)
"""Below those that a system gives out by itself: a start takes half a minute."""
DRAFT = ("how to cut back a hedge", "Use hedge shears in early summer.", "Hedgehogs sleep.")
SETTINGS = ("--host", "127.0.0.1", "--max-model-len", "1024", "--max-seqs", "32")
ONE, THREE = "one process", "three processes"


@dataclass(frozen=True, slots=True)
class Server:
    """A process and where its roles listen."""

    process: Any
    ports: dict[str, int]

    @property
    def bytes(self) -> int:
        """Of all its processes; pages that several have count once."""
        root = psutil.Process(self.process.pid)
        family = [root, *root.children(recursive=True)]
        return sum(each.memory_full_info().pss for each in family)


def roles(model: Path, repeats: int) -> list[Row]:
    """Rounds of both in turn: all roles asked at once, then the senior alone."""
    channel = _promoted(model)
    speeds: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as running:
        one = [running.enter_context(_server(tuple(ROLES), model, channel))]
        three = [running.enter_context(_server((role,), model, channel)) for role in ROLES]
        for number in range(repeats + 1):
            for asked in (tuple(ROLES), ("senior",)):
                for name, servers in ((ONE, one), (THREE, three)):
                    found = asyncio.run(_speed(servers, asked))
                    if number:  # the first round warms caches
                        speeds.setdefault((name, ",".join(asked)), []).append(found)
        sizes = {name: sum(each.bytes for each in s) for name, s in ((ONE, one), (THREE, three))}
    rows = [
        row(f"output tokens, {told}", speeds[ONE, asked], speeds[THREE, asked], wanted, "")
        for asked, told in ((",".join(ROLES), "three roles asked"), ("senior", "one role asked"))
        for wanted in [(THREE, "tokens/s")]
    ]
    size = round(sizes[ONE] / 2**20)
    return [*rows, Row("memory", size, "MiB", THREE, sizes[ONE] / sizes[THREE], None, "<= 0.5")]


def _promoted(model: Path) -> Path:
    """A channel with a random adapter of each role."""
    folder = Path(mkdtemp())
    for seed, role in enumerate(ROLES):
        channel = Channel(UPath(folder / "weights"), role)
        made = make_tiny_adapter(model, folder / role, seed=seed, rank=16)
        channel.point_to(channel.put(made))
    return folder / "weights"


@contextmanager
def _server(names: Sequence[str], model: Path, channel: Path) -> Iterator[Server]:
    """A server of these roles that is ready."""
    first = next(FIRST_PORTS)
    told = ("--role", names[0]) if len(names) == 1 else ("--roles", ",".join(names))
    source = ("--weights", str(channel), "--adapter-base", str(model))
    command = ("-m", "services.generator", *told, *source, *SETTINGS, "--port", str(first))
    ports = {role: first + place * PORT_STEP for place, role in enumerate(names)}
    with process(*command, log=Path(mkdtemp()) / "log") as started:
        asyncio.run(_ready(started, list(ports.values())[-1]))
        yield Server(started, ports)


async def _ready(started: Any, port: int) -> None:
    end = time.monotonic() + START_S
    async with GeneratorClient(f"127.0.0.1:{port}") as client:
        while not await client.is_serving():
            assert started.poll() is None
            assert time.monotonic() < end
            await asyncio.sleep(0.2)


async def _speed(servers: Sequence[Server], asked: Sequence[str]) -> float:
    """Tokens a second of all the roles that are asked, at once."""
    ports = {role: port for server in servers for role, port in server.ports.items()}
    began = time.perf_counter()
    counts = await asyncio.gather(*(_written(role, ports[role]) for role in asked))
    return sum(counts) / (time.perf_counter() - began)


async def _written(role: str, port: int) -> int:
    """Tokens of one batch."""
    async with open_channel(f"127.0.0.1:{port}") as channel:
        call: Any
        if role == "revisor":
            call = revisor_pb2_grpc.RevisorServiceStub(channel).ReviseBatch(_drafts())
        else:
            asked = requests(COUNT, constrained=False, max_tokens=TOKENS)
            batch = generator_pb2.GenerateBatchRequest(requests=asked)
            call = generator_pb2_grpc.GeneratorServiceStub(channel).GenerateBatch(batch)
        return sum([each.result.provenance.completion_tokens async for each in call])


def _drafts() -> revisor_pb2.ReviseBatchRequest:
    """The same tasks, each with a draft."""
    options: Options = {"constrained": False, "max_tokens": TOKENS}
    drafts = [
        (prompt, Sample(prompt.task.kind, *DRAFT[: len(SPECS[prompt.task.kind].fields)]))
        for prompt in prompts(COUNT)
    ]
    return revisor_pb2.ReviseBatchRequest(
        requests=[revise_request(prompt, draft, options) for prompt, draft in drafts]
    )
