"""A small Hugging Face hub on this machine: repositories that hold a few files each."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True, slots=True)
class Hub:
    """Where it listens, and the files that were fetched from it."""

    url: str
    fetched: set[str] = field(default_factory=set)


@contextmanager
def hub(files: Mapping[str, bytes], *, refusal: tuple[int, str] | None = None) -> Iterator[Hub]:
    """A hub whose every repository holds `files`, or is refused with a status and a code."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(has_body=True)

        def do_HEAD(self) -> None:
            self._answer(has_body=False)

        def _answer(self, *, has_body: bool) -> None:
            if refusal:
                self.send_response(refusal[0])
                self.send_header("X-Error-Code", refusal[1])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            name = re.sub(r"^.*/resolve/[^/]+/", "", self.path)
            content = files.get(name) if name != self.path else _told(self.path, files)
            if has_body and name in files:
                running.fetched.add(name)
            self.send_response(404 if content is None else 200)
            if content is None:
                self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", f'"{hashlib.sha1(content or b"").hexdigest()}"')
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if has_body:
                self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = Hub(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield running
        server.shutdown()
        thread.join()


def _told(path: str, files: Mapping[str, bytes]) -> bytes:
    """What the hub says of a repository, or the list of its files."""
    if "/tree/" in path:
        listed = [
            {"type": "file", "oid": COMMIT, "path": name, "size": len(content)}
            for name, content in files.items()
        ]
        return json.dumps(listed).encode()
    siblings = [{"rfilename": name} for name in files]
    told = {"id": "org/name", "sha": COMMIT, "siblings": siblings, "tags": ["license:apache-2.0"]}
    return json.dumps(told).encode()
