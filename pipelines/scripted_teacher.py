"""A test double: an OpenAI-compatible endpoint on this machine that answers from a script."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[[dict[str, Any]], str | int]
"""A request in; the text of the answer, or the HTTP status of a failure out."""


@dataclass(slots=True)
class ScriptedTeacher:
    """What was asked, and where to ask."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def scripted_teacher(script: Script) -> Iterator[ScriptedTeacher]:
    """Serve `script` on a free port as long as the context lasts."""
    teacher = ScriptedTeacher("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script, teacher))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    teacher.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield teacher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(script: Script, teacher: ScriptedTeacher) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            request = json.loads(body)
            teacher.requests.append(request)
            outcome = script(request)
            status, reply = (outcome, {}) if isinstance(outcome, int) else (200, _reply(outcome))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(reply).encode())

        def log_message(self, *parts: object) -> None:
            """Say nothing."""

    return Handler


def _reply(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "scripted",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
