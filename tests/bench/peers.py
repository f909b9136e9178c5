"""The service and its peers, each in a process of its own, asked for the same work."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import openai
import psutil

from littlegiants.client import GeneratorClient
from littlegiants.connection import open_channel
from littlegiants.dtypes import cpu_dtype
from littlegiants.prompts import synthesize_prompt
from littlegiants.samples import sample_schema
from littlegiants.v1 import generator_pb2, generator_pb2_grpc
from pipelines.run.local_engines import free_port
from tests.bench.load import prompts, requests, settings

ENVIRONMENT = {
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
    "TORCHDYNAMO_DISABLE": "1",
}
START_S = 300


@contextmanager
def process(*command: str, log: Path) -> Iterator[subprocess.Popen[str]]:
    """A Python program; it ends with the block."""
    with log.open("w", encoding="utf-8") as stream:
        started = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if "tests.bench.bare" in command else stream,
            stderr=stream,
            text=True,
            env={**os.environ, **ENVIRONMENT},
        )
    try:
        yield started
    finally:
        is_running = started.poll() is None
        engine = psutil.Process(started.pid).children(recursive=True) if is_running else []
        started.terminate()
        started.wait(60)
        for left in psutil.wait_procs(engine, timeout=10)[1]:
            left.kill()


class Service:
    """Our service, driven by GenerateBatch."""

    name = "GenerateBatch"

    def __init__(self, model: Path, *flags: str) -> None:
        self.port = free_port()
        chosen = settings(str(model))
        self.command = [
            *("-m", "services.generator", "--role", "junior", "--model", str(model)),
            *("--host", "127.0.0.1", "--port", str(self.port)),
            *("--max-model-len", str(chosen.max_model_len), "--max-seqs", str(chosen.max_seqs)),
            *flags,
        ]

    def ready(self, started: subprocess.Popen[str]) -> None:
        """Wait until it serves."""

        async def wait() -> None:
            async with GeneratorClient(f"127.0.0.1:{self.port}") as client:
                end = time.monotonic() + START_S
                while not await client.is_serving():
                    assert started.poll() is None
                    assert time.monotonic() < end
                    await asyncio.sleep(0.05)

        asyncio.run(wait())

    def measure(self, started: subprocess.Popen[str], **job: Any) -> dict[str, float]:
        """Seconds, tokens and the front's CPU seconds of one batch."""
        return asyncio.run(self._measure(psutil.Process(started.pid), job))

    async def _measure(self, front: psutil.Process, job: dict[str, Any]) -> dict[str, float]:
        batch = generator_pb2.GenerateBatchRequest(requests=requests(**job))
        async with open_channel(f"127.0.0.1:{self.port}") as channel:
            began, cpu, tokens = time.perf_counter(), cpu_of(front), 0
            stub = generator_pb2_grpc.GeneratorServiceStub(channel)
            call: grpc.aio.UnaryStreamCall[Any, Any] = stub.GenerateBatch(batch)
            async for message in call:
                tokens += message.result.provenance.completion_tokens
            assert message.HasField("summary"), "the answer was cut"
            seconds = time.perf_counter() - began
        return {"seconds": seconds, "tokens": tokens, "cpu_s": cpu_of(front) - cpu}


class Bare:
    """AsyncLLM alone."""

    name = "AsyncLLM in its own process"

    def __init__(self, model: Path) -> None:
        self.command = ["-m", "tests.bench.bare", str(model)]

    def ready(self, started: subprocess.Popen[str]) -> None:
        """Wait until it says so."""
        assert self._answer(started)["ready"]

    def measure(self, started: subprocess.Popen[str], **job: Any) -> dict[str, float]:
        """Send the job; it measures itself."""
        assert started.stdin
        print(json.dumps(job), file=started.stdin, flush=True)
        return self._answer(started)

    def _answer(self, started: subprocess.Popen[str]) -> dict[str, Any]:
        assert started.stdout
        for line in started.stdout:
            if line.startswith("answer "):
                answer: dict[str, Any] = json.loads(line.removeprefix("answer "))
                return answer
        raise RuntimeError(f"the bare engine ended with {started.wait()}")


class OpenAiServer:
    """vLLM's own OpenAI server, driven by the openai client."""

    name = "vLLM's OpenAI server"

    def __init__(self, model: Path) -> None:
        self.port, self.chosen = free_port(), settings(str(model))
        self.command = [
            *("-m", "vllm.entrypoints.openai.api_server", "--model", str(model)),
            *("--served-model-name", "peer", "--host", "127.0.0.1", "--port", str(self.port)),
            *(
                "--dtype",
                cpu_dtype("auto").dtype,
                "--max-model-len",
                str(self.chosen.max_model_len),
            ),
            *("--max-num-seqs", str(self.chosen.max_seqs), "--generation-config", "vllm"),
            *("--max-num-batched-tokens", "2048", "--enforce-eager"),
            *("--kv-cache-memory-bytes", str(2**30)),
            *("--no-enable-chunked-prefill", "--no-enable-prefix-caching"),
            *("--worker-extension-cls", "services.generator.engine.vllm_rows.RowBlocks"),
            "--structured-outputs-config",
            '{"backend": "xgrammar", "disable_any_whitespace": true}',
        ]

    def ready(self, started: subprocess.Popen[str]) -> None:
        """Wait until it answers."""

        async def wait() -> None:
            async with self._client() as client:
                end = time.monotonic() + START_S
                while time.monotonic() < end:
                    assert started.poll() is None
                    try:
                        await client.models.list()
                        return
                    except openai.APIConnectionError:
                        await asyncio.sleep(0.2)
            raise RuntimeError("the OpenAI server did not start")

        asyncio.run(wait())

    def measure(self, started: subprocess.Popen[str], *, count: int) -> dict[str, float]:
        """The same prompts, seeds, schemas and concurrency."""
        return asyncio.run(self._measure(count))

    async def _measure(self, count: int) -> dict[str, float]:
        slots = asyncio.Semaphore(self.chosen.max_seqs)
        async with self._client() as client:

            async def one(prompt: Any) -> int:
                schema = sample_schema(prompt.task.kind, prompt.attributes)
                async with slots:
                    reply = await client.chat.completions.create(
                        model="peer",
                        messages=[{"role": "user", "content": synthesize_prompt(prompt)}],
                        seed=prompt.seed,
                        temperature=1.0,
                        response_format={
                            "type": "json_schema",
                            "json_schema": {"name": "sample", "schema": schema, "strict": True},
                        },
                    )
                assert reply.usage
                return reply.usage.completion_tokens

            began = time.perf_counter()
            counts = await asyncio.gather(*(one(prompt) for prompt in prompts(count)))
            return {"seconds": time.perf_counter() - began, "tokens": sum(counts)}

    def _client(self) -> openai.AsyncOpenAI:
        url = f"http://127.0.0.1:{self.port}/v1"
        return openai.AsyncOpenAI(base_url=url, api_key="none", timeout=600, max_retries=0)


def cpu_of(front: psutil.Process) -> float:
    """CPU seconds of a process without its children."""
    times = front.cpu_times()
    return float(times.user + times.system)
