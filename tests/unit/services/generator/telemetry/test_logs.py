"""What a log line says of the call that it belongs to, and what no line says."""

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextvars import Context
from io import StringIO
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from littlegiants.client import GeneratorClient
from littlegiants.credentials import Credentials
from littlegiants.errors import LittleGiantsError
from services.generator.engine.protocol import Completion, CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine
from services.generator.telemetry.logs import configure, json_handler
from tests.unit.scripted_server import prompt_of, scripted_server

CALL = "littlegiants.v1.GeneratorService/Generate"
ENGINE_LINES = """
import json, logging, logging.config
from services.generator.telemetry.logs import VLLM_CONFIG, configure
logging.config.dictConfig(json.loads(VLLM_CONFIG.read_text()))
configure("json")
logger = logging.getLogger("vllm.engine")
logger.info("loading %d layers", 3)
logger.debug("in detail")
try:
    raise ValueError("of the engine")
except ValueError:
    logger.exception("failed")
"""
PROGRAM_LINES = """
import logging, sys
from services.generator.telemetry.logs import configure
configure(sys.argv[1])
logging.getLogger("program").info("told")
"""


@pytest.fixture
def json_logs() -> Iterator[StringIO]:
    """Where the lines go."""
    root, handler, stream = logging.getLogger(), json_handler(), StringIO()
    handler.setStream(stream)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def lines(stream: StringIO) -> list[dict[str, Any]]:
    """Each line of the log as an object."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


class Speaking(ScriptedEngine):
    """Logs a line for each completion."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """As scripted."""
        await asyncio.sleep(0.01)
        logging.getLogger("engine").info("writing")
        return await super().complete(request)


async def test_a_line_within_an_item_names_its_request_its_method_its_caller_and_its_trace(
    json_logs: StringIO, tmp_path: Path
) -> None:
    (tmp_path / "ada").write_text("secret")
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("caller")
    async with scripted_server(Speaking(), tokens=tmp_path) as server:
        credentials = Credentials(token="secret")
        async with GeneratorClient(server.address, credentials=credentials) as client:
            with tracer.start_as_current_span("caller") as span:
                prompts = [prompt_of(seed=seed) for seed in (1, 2)]
                assert len([each async for each in client.generate_batch(prompts)]) == 2
    written = [line for line in lines(json_logs) if line["message"] == "writing"]
    assert sorted(str(line["request_ids"]) for line in written) == sorted(
        str([each.id]) for each in prompts
    )
    trace_id = trace.format_trace_id(span.get_span_context().trace_id)
    for line in written:
        assert line["method"] == f"{CALL}Batch"
        assert line["caller"] == "ada"
        assert line["trace_id"] == trace_id
        assert line["level"] == "INFO"
        assert {"timestamp", "logger"} <= line.keys()


async def test_a_call_that_is_refused_is_logged_with_its_request_and_none_of_its_text(
    json_logs: StringIO,
) -> None:
    prompt = prompt_of()
    async with scripted_server() as server, GeneratorClient(server.address) as client:
        with pytest.raises(LittleGiantsError):
            await client.generate(prompt, count=65)
        await client.generate(prompt)
        health: Any = health_pb2_grpc.HealthStub(client.channel)
        with pytest.raises(grpc.aio.AioRpcError, match="NOT_FOUND"):
            await health.Check(health_pb2.HealthCheckRequest(service="unknown"))
    text = json_logs.getvalue()
    (line,) = [json.loads(each) for each in text.splitlines()]
    assert line["message"].startswith(f"{CALL} ended with INVALID_ARGUMENT after")
    assert line["request_ids"] == [prompt.id]
    assert prompt.task.text not in text
    assert prompt.task.topic not in text


def test_lines_of_no_call_have_no_empty_fields(json_logs: StringIO) -> None:
    Context().run(logging.getLogger("anywhere").warning, "two\nlines")
    (line,) = lines(json_logs)
    assert line.keys() == {"timestamp", "level", "logger", "process", "message"}
    assert line["message"] == "two\nlines"


def lines_of(program: str, *arguments: str) -> list[str]:
    """What a program of its own logs."""
    command = [sys.executable, "-c", program, *arguments]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return ended.stderr.splitlines()


def test_the_engines_lines_are_json_too_each_once() -> None:
    first, second = [json.loads(line) for line in lines_of(ENGINE_LINES)]
    assert (first["logger"], first["message"]) == ("vllm.engine", "loading 3 layers")
    assert "ValueError: of the engine" in second["exc_info"]


def test_the_log_is_text_or_json_as_asked() -> None:
    (line,) = lines_of(PROGRAM_LINES, "text")
    assert line.endswith("INFO program: told")
    (line,) = lines_of(PROGRAM_LINES, "json")
    assert json.loads(line)["message"] == "told"


@pytest.mark.parametrize(("name", "lines"), [("ExecuteBatchError", 0), ("ValueError", 1)])
def test_a_caller_that_has_gone_is_no_fault_of_grpc(name: str, lines: int) -> None:
    configure("text")
    logger, stream = logging.getLogger("grpc._cython.cygrpc"), StringIO()
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    try:
        raise type(name, (Exception,), {})("Failed execute_batch")
    except Exception as error:
        logger.exception(error)
    finally:
        logger.removeHandler(handler)
    assert stream.getvalue().count("Traceback") == lines
