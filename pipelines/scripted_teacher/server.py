"""The server of the scripted teacher: an OpenAI-compatible endpoint that answers from a script."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pipelines.scripted_teacher.batch_server import BATCHES, FILES, ScriptedBatches
from pipelines.scripted_teacher.replies import Odd, Script, odd, reply_of


@dataclass(slots=True)
class ScriptedTeacher:
    """What was asked, and where to ask."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    batches: ScriptedBatches = field(default_factory=ScriptedBatches)


class Server(ThreadingHTTPServer):
    """Takes as many connections at once as a step opens."""

    request_queue_size = 512
    daemon_threads = True


@contextmanager
def scripted_teacher(script: Script) -> Iterator[ScriptedTeacher]:
    """Serve `script` on a free port as long as the context lasts."""
    teacher = ScriptedTeacher("")
    server = Server(("127.0.0.1", 0), _handler(script, teacher))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    teacher.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield teacher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """Answers one request by the script."""

    script: Script
    teacher: ScriptedTeacher

    def do_POST(self) -> None:
        """A completion, a file or a batch."""
        body, teacher = self.rfile.read(int(self.headers["content-length"])), self.teacher
        teacher.paths.append(self.path)
        if self.path.partition("?")[0].endswith((BATCHES, FILES)):
            status, told = teacher.batches.post(self.path, dict(self.headers), body, self.script)
            self._send(Odd(status=status, body=json.dumps(told).encode()))
            return
        request = json.loads(body)
        teacher.times.append(time.monotonic())
        teacher.requests.append(request)
        self._send(odd(self.script(request)))

    def do_GET(self) -> None:
        """What became of a batch."""
        self.teacher.paths.append(self.path)
        self._send(Odd(body=self.teacher.batches.get(self.path)))

    def _send(self, outcome: Odd) -> None:
        time.sleep(outcome.delay_s)
        body = outcome.body if outcome.body is not None else _completion(outcome)
        self.send_response(outcome.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        for name, value in outcome.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: round(len(body) * outcome.sent_share)])

    def log_message(self, *parts: object) -> None:
        """Say nothing."""


def _handler(script: Script, teacher: ScriptedTeacher) -> type[Handler]:
    known = {"script": staticmethod(script), "teacher": teacher}
    return type("Scripted", (Handler,), known)


def _completion(outcome: Odd) -> bytes:
    return json.dumps(reply_of(outcome)).encode()
