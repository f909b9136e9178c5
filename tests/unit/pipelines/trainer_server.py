"""A test double: a Kubernetes API that keeps TrainJobs and checks them against their CRD."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jsonschema
import yaml

from tests.unit.http_server import serving

CRD = Path(__file__).parents[2] / "data" / "trainer.kubeflow.org_trainjobs.yaml"
ROOT = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/team/trainjobs"


@dataclass(slots=True)
class TrainerServer:
    """The jobs there, and what becomes of them."""

    kubeconfig: Path
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    """Statuses of the next requests."""
    ends: str = "Complete"
    """Condition that a job has from its third look on."""
    looks: int = 0
    is_installed: bool = True


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """A CRD's schema that refuses what it does not know, as the API server prunes it."""
    told = {
        key: strict(value) if isinstance(value, dict) else value for key, value in schema.items()
    }
    if "properties" in told:
        told["additionalProperties"] = False
    return told


def faults(job: dict[str, Any]) -> list[str]:
    """What is wrong with a TrainJob."""
    version = yaml.safe_load(CRD.read_text())["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    schema = strict({**schema, "properties": {**schema["properties"], "metadata": {}}})
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(job)]


@contextmanager
def trainer_server(folder: Path) -> Iterator[TrainerServer]:
    """Serve on a free port as long as the context lasts."""
    state = TrainerServer(folder / "kubeconfig")
    with serving(_handler(state)) as url:
        cluster = {"server": url}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
        state.kubeconfig.write_text(yaml.safe_dump(config))
        yield state


def _handler(state: TrainerServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self._name() in ("", ROOT):
                self._send(200, {"items": list(self._chosen())})
                return
            job = state.jobs.get(self._name())
            state.looks += 1
            if job and state.looks > 2 and "status" not in job:
                job["status"] = ended(state.ends)
            self._send(200 if job else 404, job)

        def do_POST(self) -> None:
            job = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if wrong := faults(job):
                self._send(422, {"message": "; ".join(wrong)})
                return
            state.jobs[job["metadata"]["name"]] = job
            state.created.append(job)
            self._send(201, job)

        def do_DELETE(self) -> None:
            self._send(200 if state.jobs.pop(self._name(), None) else 404, {})

        def _chosen(self) -> Iterator[Any]:
            (asked,) = parse_qs(self.path.partition("?")[2])["labelSelector"]
            label, _, value = asked.partition("=")
            for job in state.jobs.values():
                if job["metadata"].get("labels", {}).get(label) == value:
                    yield job

        def _name(self) -> str:
            return self.path.partition("?")[0].removeprefix(f"{ROOT}/")

        def _send(self, status: int, reply: Any) -> None:
            if not state.is_installed or not self.path.startswith(ROOT):
                status = 404
            if state.failures:
                status = state.failures.pop(0)
            told = reply if reply and status < 500 else {"message": f"status {status}"}
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *parts: object) -> None:
            """Say nothing."""

    return Handler


def ended(condition: str) -> dict[str, Any]:
    """The status of a job that is over."""
    told = {"lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "Over", "status": "True"}
    return {"conditions": [{**told, "type": condition, "message": "exit code 1"}]}
