"""`littlegiants generate | revise | info | health`: JSON lines in, JSON lines out, exit codes."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from littlegiants.__main__ import main
from littlegiants.cli.flags import BAD_INPUT, DONE, UNAVAILABLE
from services.generator.engine.scripted_engine import ScriptedEngine
from tests.unit.scripted_server import scripted_server

Lines = list[dict[str, object]]


async def run(role: str, arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> Lines:
    """What a command prints when it talks to a server of `role`."""
    revision = {"reason": "Vague.", "revision": {"input": "hoeing", "positive_document": "a hoe"}}
    engine = ScriptedEngine(lambda request: json.dumps(revision)) if role == "revisor" else None
    async with scripted_server(engine, role=role) as server:
        code = await asyncio.to_thread(main, [*arguments, "--address", server.address])
    assert code == DONE
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(("command", "role"), [("generate", "senior"), ("revise", "revisor")])
async def test_the_example_is_input_that_works(
    command: str, role: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asyncio.to_thread(main, [command, "--example"]) == DONE
    prompts = tmp_path / "in.jsonl"
    prompts.write_text(capsys.readouterr().out * 3)
    answers = await run(role, [command, str(prompts), "--limit", "2"], capsys)
    assert len(answers) == 2
    assert all(answer["sample"] and not answer["reason"] for answer in answers)


async def test_info_tells_what_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    (info,) = await run("junior", ["info"], capsys)
    assert (info["role"], info["weights_digest"]) == ("junior", "first")


def test_health_has_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "--address", "127.0.0.1:1", "--wait-s", "0.2"]) == UNAVAILABLE
    assert "127.0.0.1:1" in capsys.readouterr().err


async def test_a_bad_line_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompts = tmp_path / "in.jsonl"
    prompts.write_text("{}\n")
    async with scripted_server() as server:
        arguments = ["generate", str(prompts), "--address", server.address]
        assert await asyncio.to_thread(main, arguments) == BAD_INPUT
    assert "in.jsonl:1" in capsys.readouterr().err
