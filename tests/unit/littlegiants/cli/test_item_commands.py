"""`littlegiants generate | revise` over many items: exit codes, output that is resumed, pipes."""

import asyncio
import json
import os
import pty
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from littlegiants import heartbeat
from littlegiants.__main__ import DraftToRevise, main
from littlegiants.cli.flags import BAD_INPUT, DONE, INTERRUPTED, SOME_WITHOUT_SAMPLE, UNAVAILABLE
from littlegiants.closed_pipe import NOBODY_READS
from littlegiants.kinds import Kind
from littlegiants.records import record_line, write_records
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from services.generator.engine.protocol import CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, fill_schema
from tests.unit.scripted_server import Scripted, prompt_of, scripted_server

Captured = pytest.CaptureFixture[str]
PROMPTS = [prompt_of(seed=seed) for seed in range(12)]


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.jsonl"
    write_records(path, PROMPTS)
    return path


async def run(server: Scripted, command: str, *arguments: object) -> int:
    """Exit code of a command that is run in this process."""
    flags = [command, *map(str, arguments), "--address", server.address]
    return await asyncio.to_thread(main, flags)


async def started(server: Scripted, *arguments: object, **streams: Any) -> Process:
    """`littlegiants generate`, in a process of its own."""
    command = [sys.executable, "-m", "littlegiants", "generate", "--address", server.address]
    pipes = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE, **streams}
    return await asyncio.create_subprocess_exec(*command, *map(str, arguments), **pipes)


def answers_in(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def seeds_in(path: Path) -> list[int]:
    return sorted(answer["prompt"]["seed"] for answer in answers_in(path))


SEEDS = sorted(prompt.seed for prompt in PROMPTS)


async def test_some_without_a_sample_is_an_exit_code(
    prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(request: CompletionRequest) -> str:
        return "nothing" if request.seed == PROMPTS[0].seed else fill_schema(request)

    async with scripted_server(ScriptedEngine(script)) as server:
        assert await run(server, "generate", prompts) == SOME_WITHOUT_SAMPLE
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 12
    assert "12 items: 11 valid, 1 no_json" in said.err


async def test_an_output_file_is_not_written_over(
    prompts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.jsonl"
    output.write_text("precious\n")
    async with scripted_server() as server:
        assert await run(server, "generate", prompts, "--output", output) == BAD_INPUT
        assert "--resume" in capsys.readouterr().err
        assert await run(server, "generate", prompts, "--output", output, "--resume") == BAD_INPUT
    assert "out.jsonl:1" in capsys.readouterr().err
    assert output.read_text() == "precious\n"


async def test_a_file_that_is_no_output_is_left_as_it_is(prompts: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    output.write_text('{"mine": 1}')
    async with scripted_server() as server:
        assert await run(server, "generate", prompts, "--output", output, "--resume") == BAD_INPUT
    assert output.read_text() == '{"mine": 1}'


async def test_resume_asks_only_what_is_not_answered(prompts: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    engine = ScriptedEngine()
    flags = (prompts, "--output", output, "--resume", "--count", 2)
    async with scripted_server(engine) as server:
        assert await run(server, "generate", *flags, "--limit", 5) == DONE
        assert len(answers_in(output)) == 10
        assert await run(server, "generate", *flags) == DONE
        assert await run(server, "generate", *flags) == DONE
    assert seeds_in(output) == sorted(SEEDS * 2)
    assert engine.asked_count == 24


@pytest.mark.parametrize(
    ("lines", "cut_bytes"),
    [(10, 1), (10, 40), (9, 0), (9, 1), (1, 0), (1, 5), (0, 0)],
    ids=["no newline", "half a line", "half an item", "less", "only half an item", "!", "nothing"],
)
async def test_resume_mends_what_an_interruption_left_half(
    lines: int, cut_bytes: int, prompts: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    flags = ("--output", output, "--resume", "--count", 2)
    async with scripted_server() as server:
        assert await run(server, "generate", prompts, *flags, "--limit", 5) == DONE
        text = b"".join(output.read_bytes().splitlines(keepends=True)[:lines])
        output.write_bytes(text[: len(text) - cut_bytes])
        assert await run(server, "generate", prompts, *flags) == DONE
    assert seeds_in(output) == sorted(SEEDS * 2)


async def test_resume_with_another_count_is_refused(prompts: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    flags = (prompts, "--output", output, "--resume")
    async with scripted_server() as server:
        assert await run(server, "generate", *flags) == DONE
        assert await run(server, "generate", *flags, "--count", 2) == BAD_INPUT
    assert seeds_in(output) == SEEDS


async def test_resume_tells_drafts_of_one_prompt_apart(tmp_path: Path) -> None:
    samples = [Sample(Kind.MATCHING_SHORT, f"chore {i}", "hedge shears") for i in range(4)]
    drafts, output = tmp_path / "drafts.jsonl", tmp_path / "out.jsonl"
    write_records(drafts, [DraftToRevise(PROMPTS[0], sample) for sample in samples])
    mended = {"input": "pruning a rose", "positive_document": "secateurs"}
    engine = ScriptedEngine(lambda request: json.dumps({"reason": "Vague.", "revision": mended}))
    flags = (drafts, "--output", output, "--resume")
    async with scripted_server(engine, role="revisor") as server:
        assert await run(server, "revise", *flags, "--limit", 2) == DONE
        assert await run(server, "revise", *flags) == DONE
    asked = sorted(answer["draft"]["query"] for answer in answers_in(output))
    assert asked == [sample.query for sample in samples]


async def test_what_had_no_answer_is_told_and_asked_again(
    prompts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Stuck(ScriptedEngine):
        is_stuck = True

        async def complete(self, request: CompletionRequest) -> Any:
            if self.is_stuck and request.seed == PROMPTS[3].seed:
                await asyncio.sleep(60)
            return await super().complete(request)

    engine, output = Stuck(), tmp_path / "out.jsonl"
    flags = (prompts, "--output", output, "--resume", "--timeout-s", 1)
    async with scripted_server(engine) as server:
        assert await run(server, "generate", *flags) == UNAVAILABLE
        assert "1 without an answer" in capsys.readouterr().err
        assert len(answers_in(output)) == 11
        engine.is_stuck = False
        assert await run(server, "generate", *flags) == DONE
    assert seeds_in(output) == SEEDS


async def test_what_stands_before_a_bad_line_is_still_answered(
    prompts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.jsonl"
    with prompts.open("ab") as stream:
        stream.write(b'{"task": {"kind": "sts"}}\n')
    async with scripted_server() as server:
        assert await run(server, "generate", prompts, "--output", output) == BAD_INPUT
    assert seeds_in(output) == SEEDS
    assert "prompts.jsonl:13: task.topic: " in capsys.readouterr().err


async def test_a_slow_pipe_does_not_hold_up_answers(tmp_path: Path) -> None:
    async with scripted_server() as server:
        process = await started(server)
        assert process.stdin and process.stdout
        for prompt in PROMPTS[:2]:
            process.stdin.write(record_line(prompt))
            line = await asyncio.wait_for(process.stdout.readline(), 30)
            assert json.loads(line)["prompt"]["seed"] == prompt.seed
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 30) == DONE


async def test_a_redirected_file_is_read(prompts: Path) -> None:
    async with scripted_server() as server:
        with prompts.open("rb") as stream:
            process = await started(server, stdin=stream)
            output, _ = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, len(output.splitlines())) == (DONE, 12)


async def test_a_bad_line_of_a_pipe_is_named() -> None:
    async with scripted_server() as server:
        process = await started(server)
        _, said = await asyncio.wait_for(process.communicate(record_line(PROMPTS[0]) + b"{}\n"), 30)
    assert process.returncode == BAD_INPUT
    assert b"standard input:2: " in said


async def test_an_interruption_keeps_what_was_written(prompts: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    engine = ScriptedEngine()
    flags = ("--output", output, "--resume")
    async with scripted_server(engine) as server:
        process = await started(server, "-", *flags)
        assert process.stdin
        process.stdin.write(record_line(PROMPTS[0]))
        await _until(lambda: output.exists() and output.read_bytes().endswith(b"\n"))
        process.send_signal(signal.SIGINT)
        _, said = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == INTERRUPTED
        assert b"--resume" in said and b"Traceback" not in said
        assert await run(server, "generate", prompts, *flags) == DONE
    assert seeds_in(output) == SEEDS
    assert engine.asked_count == 12


async def test_where_no_terminal_is_lines_say_how_far_it_is(
    prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(heartbeat, "SILENCE_S", 0.1)
    output = tmp_path / "out.jsonl"
    async with scripted_server(ScriptedEngine(delay_s=0.4), max_seqs=4) as server:
        assert await run(server, "generate", prompts, "--output", output) == DONE
    told = capsys.readouterr().err
    assert re.search(r"^littlegiants: no answer yet, \d+ s$", told, re.M)
    assert re.search(r"^littlegiants: \d+ done in 00:\d\d .* last answer \d+ s ago$", told, re.M)


async def test_a_reader_that_ends_early_is_no_error(prompts: Path) -> None:
    async with scripted_server(ScriptedEngine(delay_s=0.1), max_seqs=1) as server:
        process = await started(server, prompts)
        assert process.stdout and process.stderr
        await process.stdout.readline()
        process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
        said = await asyncio.wait_for(process.stderr.read(), 30)
        assert await process.wait() == NOBODY_READS
    assert not said


async def test_a_terminal_shows_a_bar_with_rate_and_time_left(
    prompts: Path, tmp_path: Path
) -> None:
    terminal, other_end = pty.openpty()
    output = tmp_path / "out.jsonl"
    async with scripted_server(ScriptedEngine(delay_s=0.2), max_seqs=1) as server:
        process = await started(server, prompts, "--output", output, stderr=other_end)
        os.close(other_end)
        assert await asyncio.wait_for(process.wait(), 60) == DONE
    shown = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert "| 6/12  " in shown and "/s  00:0" in shown and " left  " in shown
    assert "100% |####################| 12/12" in shown


@pytest.mark.parametrize(
    "flags",
    [
        ("--concurrency", "0"),
        ("--limit", "-1"),
        ("--count", "none"),
        ("--timeout-s", "0"),
    ],
)
def test_a_wrong_flag_is_bad_input(flags: Sequence[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["generate", *flags])
    assert ended.value.code == BAD_INPUT


@pytest.mark.parametrize("command", ["generate", "revise", "info", "health"])
def test_help_has_examples_and_every_exit_code(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    shown = capsys.readouterr().out
    assert f"littlegiants {command} " in shown.partition("example")[2]
    codes = (DONE, SOME_WITHOUT_SAMPLE, BAD_INPUT, UNAVAILABLE, INTERRUPTED)
    assert all(f"\n  {code} " in shown for code in codes)


async def _until(holds: Any) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 (another process makes it true)
            await asyncio.sleep(0.02)


def test_prompts_differ() -> None:
    assert len({prompt.id for prompt in PROMPTS}) == len(PROMPTS)
    assert isinstance(PROMPTS[0], Prompt)
