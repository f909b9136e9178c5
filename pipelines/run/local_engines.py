"""Local engines: a teacher or a generator started for one step, where no cluster runs it."""

import asyncio
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from filelock import FileLock

from littlegiants.client import GeneratorClient
from littlegiants.credentials import Credentials
from littlegiants.errors import Unavailable
from littlegiants.heartbeat import doing
from pipelines.recipe.sections import Serving
from pipelines.run.step import Work
from pipelines.step_progress import say

START_LIMIT_S = 600
STOP_LIMIT_S = 30


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def one_engine(folder: Path) -> Iterator[None]:
    """Local engines of a run start one after another, so that they fit into one machine."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "engine.lock")
    with doing("waiting for the engine of another step"):
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def local_teacher(model: Path, serving: Serving, *, log: Path) -> AsyncIterator[str]:
    """An OpenAI-compatible vLLM server of `model`; gives its base URL."""
    port = free_port()
    command = [
        *("-m", "services.generator.vllm_teacher", "--model", str(model)),
        *("--served-model-name", "teacher", "--host", "127.0.0.1", "--port", str(port)),
        *("--dtype", serving.dtype, "--max-model-len", str(serving.max_model_len)),
        *("--max-num-seqs", str(serving.max_seqs), "--generation-config", "vllm"),
        *("--max-num-batched-tokens", str(max(serving.max_model_len, 2048))),
        *("--kv-cache-memory-bytes", str(int(serving.kv_cache_gib * 2**30)), "--enforce-eager"),
        *("--no-enable-chunked-prefill", "--no-enable-prefix-caching"),
        *("--worker-extension-cls", "services.generator.engine.vllm_rows.RowBlocks"),
        *("--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}'),
    ]
    async with _running(
        "teacher", command, log, lambda: _answers(f"http://127.0.0.1:{port}/health")
    ):
        yield f"http://127.0.0.1:{port}/v1"


@asynccontextmanager
async def local_generator(
    role: str, source: Sequence[str], serving: Serving, *, log: Path
) -> AsyncIterator[str]:
    """A generator service; `source` says which weights it takes. Gives its address."""
    address = f"127.0.0.1:{free_port()}"
    command = [
        *("-m", "services.generator", "--role", role, *source),
        *("--host", "127.0.0.1", "--port", address.rpartition(":")[2]),
        *("--dtype", serving.dtype, "--max-model-len", str(serving.max_model_len)),
        *("--max-seqs", str(serving.max_seqs), "--kv-cache-gib", str(serving.kv_cache_gib)),
    ]
    async with _running(role, command, log, lambda: _serves(role, address)):
        yield address


@asynccontextmanager
async def _running(
    name: str, command: Sequence[str], log: Path, ready: Callable[[], Awaitable[bool]]
) -> AsyncIterator[None]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as stream:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *command), stdout=stream, stderr=stream, env=_environment()
        )
    try:
        await _wait(name, process, log, ready)
        yield
    finally:
        await _stop(process)


async def _wait(
    name: str, process: asyncio.subprocess.Process, log: Path, ready: Callable[[], Awaitable[bool]]
) -> None:
    started = time.monotonic()
    say(name, f"starting (log: {log})")
    with doing(f"starting {name}"):
        while not await ready():
            if process.returncode is not None:
                raise Unavailable(
                    f"{name} ended with {process.returncode} while starting; see {log}"
                )
            if time.monotonic() - started > START_LIMIT_S:
                raise Unavailable(f"{name} did not start within {START_LIMIT_S} s; see {log}")
            await asyncio.sleep(0.5)
    say(name, f"ready after {time.monotonic() - started:.0f} s")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_LIMIT_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _answers(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get() -> bool:
        try:
            with direct.open(url, timeout=5) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return await asyncio.to_thread(get)


async def _serves(role: str, address: str) -> bool:
    try:
        async with GeneratorClient(address, credentials=Credentials()) as client:
            await client.wait_until_serving(timeout_s=2)
    except Unavailable:
        return False
    return True


def _environment() -> dict[str, str]:
    quiet = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1", "TORCHDYNAMO_DISABLE": "1"}
    return {**os.environ, **quiet}


def log_of(work: Work, name: str) -> Path:
    """Where a local service writes its log."""
    return work.folder / "logs" / f"{work.name}-{name}.log"
