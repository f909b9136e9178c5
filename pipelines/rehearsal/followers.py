"""The generators as a cluster runs them: each follows the pointer of its role."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from pipelines.generators.endpoint import source_of
from pipelines.run.local_engines import free_port
from pipelines.run.step import Work

ROLES = ("junior", "senior", "revisor")
FIRST_WAIT_S = 900
POLL_S = 0.5
STOP_LIMIT_S = 20


class Followers:
    """Real engines of one run, started when their weights are about to be promoted."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._ports = {role: free_port() for role in ROLES}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def flags(self) -> dict[str, str]:
        """Where each answers; before the first is started nothing: a step looks whether they do."""
        addresses = ",".join(f"{role}=127.0.0.1:{port}" for role, port in self._ports.items())
        return {"generators": addresses} if self._running else {}

    def log_of(self, role: str) -> Path:
        """Where it writes."""
        return self._work.folder / "logs" / f"generator-{role}.log"

    def start(self, role: str) -> None:
        """Start one, unless it runs; it loads its weights when they are promoted."""
        if role in self._running:
            return
        serving, log = self._work.run.recipe.serving, self.log_of(role)
        name, source = source_of(self._work, role)
        command = ["-m", "services.generator", "--role", name, *source]
        command += ["--host", "127.0.0.1", "--port", str(self._ports[role])]
        command += ["--poll-s", str(POLL_S), "--first-wait-s", str(FIRST_WAIT_S)]
        command += ["--dtype", serving.dtype, "--max-model-len", str(serving.max_model_len)]
        command += ["--max-seqs", str(serving.max_seqs)]
        command += ["--kv-cache-gib", str(serving.kv_cache_gib)]
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as stream:
            self._running[role] = subprocess.Popen(
                [sys.executable, *command],
                stdout=stream,
                stderr=stream,
                env={**os.environ, "TORCHDYNAMO_DISABLE": "1"},
                start_new_session=True,
            )

    def dead(self) -> str:
        """A role whose generator has ended by itself, or nothing."""
        ended = (role for role, process in self._running.items() if process.poll() is not None)
        return next(ended, "")

    def stop(self, *roles: str) -> None:
        """End these, or all."""
        for role in roles or tuple(self._running):
            process = self._running.pop(role, None)
            if process:
                end_group(process)


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """End a process that leads a group, and whatever it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_LIMIT_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
