"""The processes that a run needs, each started again as soon as it is killed."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.run.local_engines import free_port

MARK = "LITTLEGIANTS_CHAOS"
"""In the environment of every process of one measurement, so that none is overlooked."""
LOOK_S = 0.1
START_LIMIT_S = 60.0


@dataclass(slots=True)
class Supervised:
    """One program that is kept running; killed, it comes back within a second."""

    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    starts: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _is_over: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread | None = None

    def start(self) -> None:
        """Run it until `end`."""
        self._begin()
        self._watch = threading.Thread(target=self._keep, daemon=True)
        self._watch.start()

    def kill(self) -> None:
        """SIGKILL to it and its children."""
        if self._process is not None:
            kill_group(self._process)

    def end(self) -> None:
        """Kill it for good."""
        self._is_over.set()
        if self._watch:
            self._watch.join()
        self.kill()

    def _begin(self) -> None:
        self.starts += 1
        with self.log.open("ab") as stream:
            self._process = subprocess.Popen(
                [sys.executable, *self.command],
                stdout=stream,
                stderr=stream,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )

    def _keep(self) -> None:
        while not self._is_over.wait(LOOK_S):
            if self._process is not None and self._process.poll() is not None:
                self._begin()


def await_port(port: int) -> None:
    """Until something listens on it."""
    end = time.monotonic() + START_LIMIT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(LOOK_S)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to a process and all of its group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


ROLES = ("junior", "senior", "revisor")


class World:
    """A store, a teacher and three generators around one run."""

    def __init__(self, folder: Path, name: str, s3_port: int, *, fault_share: float) -> None:
        folder.mkdir(parents=True)
        self.folder, self.url = folder, f"s3://runs/{name}"
        ports = {what: free_port() for what in ("store", "teacher", *ROLES)}
        self.environment = {
            MARK: "1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['store']}",
            "OPENAI_API_KEY": "chaos",
            "OMP_NUM_THREADS": "1",
            "SLOW_GENERATOR_S": "0.05",
        }
        self.store_port = ports["store"]
        self.answers = folder / "answers.txt"
        self.teacher_url = f"http://127.0.0.1:{ports['teacher']}/v1"
        self.generators = ",".join(f"{role}=127.0.0.1:{ports[role]}" for role in ROLES)
        front = ["-m", "tests.chaos.front", "--port", str(ports["store"]), "--to", str(s3_port)]
        teacher = ["-m", "tests.chaos.teacher", "--port", str(ports["teacher"])]
        teacher += ["--log", str(self.answers), "--fault-share", str(fault_share)]
        self.store = self._part("store", front)
        self.parts = {"store": self.store, "teacher": self._part("teacher", teacher)}
        for role in ROLES:
            self.parts[role] = self._part(role, self._generator(role, ports[role]))

    def _generator(self, role: str, port: int) -> list[str]:
        command = ["-m", "tests.integration.slow_generator", "--role", role]
        command += ["--weights", f"{self.url}/weights", "--poll-s", "0.2", "--host", "127.0.0.1"]
        return [*command, "--port", str(port), "--cache", str(self.folder / "cache" / role)]

    def _part(self, name: str, command: Sequence[str]) -> Supervised:
        return Supervised(command, self.folder / f"{name}.log", self.environment)

    def start(self) -> None:
        """Start everything but the way to the store."""
        for part in self.parts.values():
            if part is not self.store:
                part.start()

    def end(self) -> None:
        """End it again."""
        for part in self.parts.values():
            if part is not self.store:
                part.end()
