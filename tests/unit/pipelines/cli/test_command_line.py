"""A program's edge: flags as they were written, one line for what is wrong, an exit code."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import Field

from littlegiants.closed_pipe import NOBODY_READS
from littlegiants.errors import BadInput
from pipelines.cli.command_line import INTERRUPTED, Flags, parsed
from pipelines.cli.step_flags import StepSettings, steps_with
from tests.contract.sources import ROOT

PIPELINES = ("-m", "pipelines")
CURATE = ("-m", "pipelines.steps.curate")
WAITS = """
import time
from pipelines.cli.command_line import told_on_one_line
with told_on_one_line():
    print("waits", flush=True)
    time.sleep(60)
"""


def ask(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=60, cwd=cwd, env=environment
    )


@pytest.mark.parametrize(
    "value",
    [
        "evaluate.tasks=[a, b]",
        "slots.sts.unit={sentence: 1, phrase: 2}",
        'evaluate.tasks=["MTEB(eng, v2)", b]',
        'name="my run, one"',
        "name=one, two",
        'teacher.key_variable=""',
        "teacher.key_variable=",
        "topics.source=[",
        "name=a=b",
        "name='it''s'",
        "name=\\n",
    ],
)
def test_a_change_is_taken_as_it_is_written(value: str) -> None:
    assert parsed(StepSettings, ["--set", value, f"--set={value}"]).set == [value, value]


def test_the_environment_is_no_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUN", "elsewhere")
    monkeypatch.setenv("SET", "no list")
    settings = parsed(StepSettings, [])
    assert (settings.run, settings.set) == ("runs/demo", [])


class Counted(Flags):
    """Count."""

    count: int = Field(gt=0)
    """How many."""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--count", "0"], "--count: Input should be greater than 0"),
        (["--count", "many"], "--count: Input should be a valid integer"),
        ([], "--count: is required"),
        (["--count"], "--count: expected one argument"),
        (["--cuont", "1"], "--cuont: not known here; see --help"),
        (["--count", "1", "two"], "two: not known here"),
    ],
)
def test_a_wrong_flag_is_named(arguments: Sequence[str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parsed(Counted, arguments)


def test_a_flag_of_other_steps_names_them() -> None:
    assert steps_with("generators") == ["prepare", "promote", "propose", "synthesize"]
    outcome = ask(*CURATE, "--teacher", "openai")
    assert outcome.returncode == 2
    known = "brainstorm, correct, judge, prepare, promote, seed know it"
    assert outcome.stderr == f"error: --teacher: not known here; {known}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*PIPELINES,), "name a command: run, "),
        ((*PIPELINES, "plam"), "plam: no such command; there are run, "),
        ((*PIPELINES, "follow", "--run", "x"), "--run: not known here; run, "),
        ((*PIPELINES, "plan", "--recipe", "none"), "shipped ones are laptop"),
        ((*PIPELINES, "plan", "--set", "topics.source=["), "topics.source"),
        ((*PIPELINES, "plan", "--set", "shares={}"), "shares: give at least one kind"),
        ((*PIPELINES, "journal", "show", "[x"), "journal '[x': not in"),
        ((*CURATE, "--run", "none"), "data/drafts-0.jsonl"),
        ((*CURATE, "--run", "foo://x"), "--run: Unsupported filesystem: 'foo'; name a folder"),
        ((*PIPELINES, "journal", "ls", "--run", "foo://x"), "--run: Unsupported filesystem"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: Sequence[str], words: str, tmp_path: Path
) -> None:
    outcome = ask(*arguments, cwd=tmp_path)
    assert outcome.returncode == 2
    [line] = outcome.stderr.splitlines()
    assert line.startswith("error: ") and words in line


def test_a_path_that_is_closed_to_us_is_one_line(tmp_path: Path) -> None:
    outcome = ask(*PIPELINES, "compile", "--output", str(tmp_path / "none" / "speed.yaml"))
    assert outcome.returncode == 1
    assert outcome.stderr == f"error: {tmp_path}/none/speed.yaml: No such file or directory\n"


def test_a_store_without_keys_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    outcome = ask(*PIPELINES, "weights", "--run", "s3://none/x")
    assert outcome.returncode == 1
    [line] = outcome.stderr.splitlines()
    assert line.startswith("error: Unable to locate credentials; see to the store")


def test_ctrl_c_is_one_line() -> None:
    command = [sys.executable, "-c", WAITS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        [line] = process.stderr.read().splitlines()
        assert process.wait(30) == INTERRUPTED
    assert line.startswith(b"error: interrupted; ")


@pytest.mark.parametrize(
    "arguments",
    [
        (*PIPELINES, "--help"),
        (*PIPELINES, "plan", "--recipe", "paper-8b"),
        (*PIPELINES, "plan", "--help"),
        (*CURATE, "--help"),
        ("-m", "littlegiants", "--help"),
        ("-m", "littlegiants", "generate", "--example"),
        ("-m", "services.generator", "--help"),
    ],
    ids=" ".join,
)
def test_what_nobody_reads_ends_silently(arguments: Sequence[str]) -> None:
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        # argparse itself takes no notice of a help that nobody reads
        assert process.wait(60) == (0 if "--help" in arguments else NOBODY_READS)
