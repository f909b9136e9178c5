"""A teacher that can be killed: it answers each request as it did before, and fails now and then.

python -m tests.chaos.teacher --port 9100 --log answers.txt --fault-share 0.2
"""

import argparse
import json
import os
import random
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from littlegiants.tasks import digest
from tests.chaos.batches import KeptBatches
from tests.integration.scripts import fill_schema

PASSING = ("429", "500", "timeout", "truncated")
"""What an endpoint may do to any request; another try meets something else."""
HANG_S = 4.0
"""Longer than a request may take."""
ODD_TEXTS = {"no_json": "no JSON at all", "wrong_schema": '{"unasked": 1}', "nested": "[" * 2000}
"""Answers of a model that went astray; the same question gets the same one."""
ODD_OF = 17


class Server(ThreadingHTTPServer):
    """Takes as many connections at once as a step opens."""

    request_queue_size = 512
    daemon_threads = True
    allow_reuse_address = True


class Handler(BaseHTTPRequestHandler):
    """Notes each answer that is charged for before it is sent."""

    log: Path
    fault_share: float
    batches: KeptBatches

    def do_GET(self) -> None:
        """Batches and their files."""
        if random.random() < self.fault_share:
            self.note("500", "batches")
            self.send(b"{}", 500)
        else:
            self.send(self.batches.show(self.path), 200)

    def do_POST(self) -> None:
        """A completion, or a fault; or a batch or its file."""
        body = self.rfile.read(int(self.headers["content-length"]))
        if not self.path.endswith("/completions"):
            told = {"Content-Type": self.headers.get("content-type", "")}
            status, answer = self.batches.take(self.path, told, body)
            self.send(answer, status)
            return
        request = json.loads(body)
        name, odd = digest(request), odd_of(request)
        text = answer_of(request)
        fault = random.choice(PASSING) if random.random() < self.fault_share else ""
        if fault in ("429", "500"):
            self.note(fault, name)
            self.send(b"{}", int(fault))
        elif fault == "timeout":
            self.note(fault, name)
            time.sleep(HANG_S)
        else:
            self.note(fault or "whole", name)
            if odd and not fault:
                self.note(odd, name)
            self.send(reply(text), 200, share=0.5 if fault else 1)

    @classmethod
    def note(cls, what: str, name: str) -> None:
        """One line in the log; it outlives a kill."""
        line = f"{what} {name} {time.time():.3f}\n".encode()
        descriptor = os.open(cls.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, line)
        os.close(descriptor)

    @classmethod
    def batched(cls, request: dict[str, Any]) -> str:
        """The answer to a request of a batch; it is charged for."""
        name, odd = digest(request), odd_of(request)
        cls.note("whole", name)
        if odd:
            cls.note(odd, name)
        return answer_of(request)

    def send(self, body: bytes, status: int, *, share: float = 1) -> None:
        """The answer, or a part of it."""
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if status == 429:
            self.send_header("retry-after", "1")
        self.end_headers()
        self.wfile.write(body[: int(len(body) * share)])

    def log_message(self, *parts: object) -> None:
        """Say nothing."""


def odd_of(request: dict[str, Any]) -> str:
    """Which odd answer this request always gets, or none."""
    kind = int(digest(request["messages"]), 16) % (ODD_OF * len(ODD_TEXTS))
    return dict(enumerate(ODD_TEXTS)).get(kind, "")


def answer_of(request: dict[str, Any]) -> str:
    """What this request is always answered with."""
    return ODD_TEXTS.get(odd_of(request)) or text_of(request)


def text_of(request: dict[str, Any]) -> str:
    """What a good model writes: it fills the schema."""
    asked = request["response_format"]["json_schema"]["schema"]["properties"]
    choices = list(asked["best"]["enum"]) if "best" in asked else []
    filled = json.loads(fill_schema(request))
    if choices:
        filled["best"], filled["worst"] = choices[0], choices[-1]
    return json.dumps(filled)


def reply(text: str) -> bytes:
    """A completion as OpenAI words it."""
    choice = {"index": 0, "finish_reason": "stop"}
    told = {
        "id": "chaos",
        "object": "chat.completion",
        "created": 0,
        "model": "chaos",
        "choices": [{**choice, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
    return json.dumps(told).encode()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--fault-share", type=float, default=0.0)
    given = parser.parse_args()
    Handler.log, Handler.fault_share = given.log, given.fault_share
    Handler.batches = KeptBatches(
        place=given.log.with_suffix(".batches"),
        script=Handler.batched,
        doubled=partial(Handler.note, "twice"),
    )
    Server(("127.0.0.1", given.port), Handler).serve_forever()
