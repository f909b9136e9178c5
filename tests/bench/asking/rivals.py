"""Who asks: each in a process of its own, the peers in environments that are made for them."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ENVIRONMENTS = Path.home() / ".cache/littlegiants/bench"
OWN_FOLDER = Path(__file__).parent
QUIET = {
    "TELEMETRY_ENABLED": "0",
    "NEMO_TELEMETRY_ENABLED": "0",
    "HF_HUB_OFFLINE": "1",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1",
    "OPENAI_API_KEY": "none",
}
"""A peer tells nobody anything and downloads nothing: what it tries so fails at once."""
LONGEST_S = 600


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking took, all of it."""

    seconds: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Rival:
    """A program that asks; `package` is installed for it from the index of packages."""

    name: str
    script: str = ""
    package: str = ""

    def command(self) -> list[str]:
        """Its start, once it can be started.

        Raises CalledProcessError where its package cannot be installed.
        """
        if not self.package:
            return [sys.executable, "-m", "tests.bench.asking.ours"]
        folder = ENVIRONMENTS / self.package.replace("==", "-")
        python, ready = folder / "bin/python", folder / "ready"
        if not ready.exists():
            quiet: Any = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], **quiet)
            subprocess.run([python, "-m", "pip", "install", self.package], **quiet)
            ready.touch()
        return [str(python), str(OWN_FOLDER / self.script)]

    def ask(self, url: str, count: int, width: int) -> Asked:
        """Ask so many questions, so many at once."""
        with tempfile.TemporaryDirectory() as home:
            known = {**QUIET, "HOME": home, "CURATOR_CACHE_DIR": home} if self.package else {}
            said = subprocess.run(
                [*self.command(), url, str(count), str(width)],
                env={**os.environ, **known},
                cwd=home if self.package else None,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                check=True,
                timeout=LONGEST_S,
            )
        found = json.loads(said.stdout.splitlines()[-1])
        if found["count"] != count:
            raise RuntimeError(f"{self.name}: {found['count']} of {count} answers")
        return Asked(found["seconds"], found["cpu_s"])


OURS = Rival("ours")
PEERS = (
    Rival("DataDesigner 0.9.7", "peer_data_designer.py", "data-designer==0.9.7"),
    Rival("Bespoke Curator 0.1.31", "peer_curator.py", "bespokelabs-curator==0.1.31"),
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The slow endpoint, and what it has seen."""

    url: str
    process: subprocess.Popen[str]

    def span_s(self, count: int) -> float:
        """From the first question to the last of `count` answers, since it was asked last."""
        assert self.process.stdin and self.process.stdout
        print(file=self.process.stdin, flush=True)
        seen = json.loads(self.process.stdout.readline())
        assert seen["count"] == count, f"{seen['count']} of {count} questions came"
        return float(seen["ended"] - seen["began"])


@contextmanager
def slow_endpoint() -> Iterator[Endpoint]:
    """It ends with the block."""
    command = [sys.executable, "-m", "tests.bench.asking.endpoint"]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdin and process.stdout
        port = int(process.stdout.readline())
        yield Endpoint(f"http://127.0.0.1:{port}/v1", process)
        process.stdin.close()
