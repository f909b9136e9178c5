"""A test double: a Kubeflow Pipelines API on this machine, made of kfp_server_api's own models."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kfp_server_api as api
import yaml

from tests.unit.http_server import serving

Task = tuple[str, str]
"""Display name and state."""
Scene = tuple[str, Sequence[Task]] | int
"""State and tasks of a run at one look, or the HTTP status of a failure."""
ROOT = "/apis/v2beta1"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class KubeflowServer:
    """What the API holds, what it was asked, and how it behaves."""

    url: str = ""
    token: str = ""
    """The only token that it takes; empty takes all."""
    multi_user: bool = False
    failures: list[int] = field(default_factory=list)
    """Statuses of the next requests."""
    scenes: list[Scene] = field(default_factory=list)
    """What successive looks at a run show; the last stays."""
    asked: list[str] = field(default_factory=list)
    pipelines: dict[str, api.V2beta1Pipeline] = field(default_factory=dict)
    versions: dict[str, api.V2beta1PipelineVersion] = field(default_factory=dict)
    packages: list[str] = field(default_factory=list)
    experiments: dict[str, api.V2beta1Experiment] = field(default_factory=dict)
    runs: dict[str, api.V2beta1Run] = field(default_factory=dict)
    recurring: dict[str, api.V2beta1RecurringRun] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    path: str
    query: dict[str, str]
    body: bytes

    def model(self, kind: str) -> Any:
        """The body as one of the API's models; a field that the model has not is an error."""
        told = json.loads(self.body)
        found = deserialized(told, kind)
        assert shape_of(api.ApiClient().sanitize_for_serialization(found)) == shape_of(told)
        return found

    def wanted(self) -> str:
        """The display name that the filter asks for."""
        [predicate] = json.loads(self.query["filter"])["predicates"]
        assert (predicate["key"], predicate["operation"]) == ("display_name", 1)
        return str(predicate["stringValue"])


def shape_of(told: Any) -> Any:
    """The names of the fields in plain data, whatever their values."""
    if isinstance(told, dict):
        return {name: shape_of(value) for name, value in told.items()}
    return None


@dataclass(frozen=True, slots=True)
class _Reply:
    data: str


def deserialized(told: Any, kind: str) -> Any:
    """A model of the API from JSON, as its client reads it."""
    return api.ApiClient().deserialize(_Reply(json.dumps(told)), kind)


@contextmanager
def kubeflow_server(**behaviour: Any) -> Iterator[KubeflowServer]:
    """Serve on a free port as long as the context lasts."""
    state = KubeflowServer(**behaviour)
    with serving(_handler(state)) as state.url:
        yield state


def _handler(state: KubeflowServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, verb: str) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            request = Request(parts.path.removeprefix(ROOT), query, body)
            state.asked.append(f"{verb} {request.path}")
            status, reply = self._reply(verb, request)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(reply).encode())

        def _reply(self, verb: str, request: Request) -> tuple[int, Any]:
            if state.failures:
                return state.failures.pop(0), {"code": 14, "message": "not now"}
            if state.token and self.headers["authorization"] != f"Bearer {state.token}":
                return 401, {"code": 16, "message": "Unauthenticated"}
            for method, pattern, answer in ROUTES:
                if method == verb and (match := re.fullmatch(pattern, request.path)):
                    found = answer(state, request, *match.groups())
                    if isinstance(found, int):
                        return found, {"code": 5, "message": f"status {found} of the script"}
                    return 200, api.ApiClient().sanitize_for_serialization(found)
            return 404, {"code": 12, "message": f"no method {verb} {request.path}"}

        def log_message(self, *parts: object) -> None:
            """Say nothing."""

    return Handler


def health(state: KubeflowServer, request: Request) -> Any:
    return api.V2beta1GetHealthzResponse(multi_user=state.multi_user)


def list_pipelines(state: KubeflowServer, request: Request) -> Any:
    space = request.query.get("namespace")
    found = [
        each
        for each in state.pipelines.values()
        if each.display_name == request.wanted() and each.namespace == space
    ]
    return api.V2beta1ListPipelinesResponse(pipelines=found or None)


def create_pipeline(state: KubeflowServer, request: Request) -> Any:
    made = request.model("V2beta1Pipeline")
    made.pipeline_id = f"pipeline-{len(state.pipelines)}"
    state.pipelines[made.pipeline_id] = made
    return made


def list_versions(state: KubeflowServer, request: Request, pipeline: str) -> Any:
    found = [each for each in state.versions.values() if each.pipeline_id == pipeline]
    if "filter" in request.query:
        found = [each for each in found if each.display_name == request.wanted()]
    elif request.query["sort_by"] == "created_at desc":
        found = found[::-1][: int(request.query["page_size"])]
    return api.V2beta1ListPipelineVersionsResponse(pipeline_versions=found or None)


def upload_version(state: KubeflowServer, request: Request) -> Any:
    name, pipeline = request.query["name"], request.query["pipelineid"]
    assert pipeline in state.pipelines
    state.packages.append(request.body.decode())
    number = f"version-{len(state.versions)}"
    package = state.packages[-1].partition("\r\n\r\n")[2].rpartition("\r\n--")[0]
    spec = dict(zip(("pipeline_spec", "platform_spec"), yaml.safe_load_all(package), strict=True))
    made = api.V2beta1PipelineVersion(
        pipeline_id=pipeline, pipeline_version_id=number, display_name=name, name=name
    )
    made.pipeline_spec = spec
    state.versions[number] = made
    return made


def get_version(state: KubeflowServer, request: Request, pipeline: str, version: str) -> Any:
    found = state.versions.get(version)
    return found if found and found.pipeline_id == pipeline else 404


def list_experiments(state: KubeflowServer, request: Request) -> Any:
    found = [e for e in state.experiments.values() if e.display_name == request.wanted()]
    return api.V2beta1ListExperimentsResponse(experiments=found or None)


def create_experiment(state: KubeflowServer, request: Request) -> Any:
    made = request.model("V2beta1Experiment")
    made.experiment_id = f"experiment-{len(state.experiments)}"
    state.experiments[made.experiment_id] = made
    return made


def create_run(state: KubeflowServer, request: Request) -> Any:
    made = request.model("V2beta1Run")
    made.run_id = f"run-{len(state.runs)}"
    state.runs[made.run_id] = made
    return made


def create_recurring(state: KubeflowServer, request: Request) -> Any:
    made = request.model("V2beta1RecurringRun")
    made.recurring_run_id = f"recurring-{len(state.recurring)}"
    state.recurring[made.recurring_run_id] = made
    return made


def get_run(state: KubeflowServer, request: Request, run_id: str) -> Any:
    if not state.scenes:
        return 404
    scene = state.scenes.pop(0) if len(state.scenes) > 1 else state.scenes[0]
    if isinstance(scene, int):
        return scene
    tasks = [
        api.V2beta1PipelineTaskDetail(
            display_name=name, state=said, start_time=BEGAN, end_time=BEGAN + timedelta(seconds=30)
        )
        for name, said in scene[1]
    ]
    details = api.V2beta1RunDetails(task_details=tasks)
    return api.V2beta1Run(run_id=run_id, display_name="a run", state=scene[0], run_details=details)


def stop_run(state: KubeflowServer, request: Request, run_id: str) -> Any:
    state.stopped.append(run_id)
    return {}


ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/healthz", health),
    ("GET", "/pipelines", list_pipelines),
    ("POST", "/pipelines", create_pipeline),
    ("GET", "/pipelines/([^/]+)/versions", list_versions),
    ("GET", "/pipelines/([^/]+)/versions/([^/]+)", get_version),
    ("POST", "/pipelines/upload_version", upload_version),
    ("GET", "/experiments", list_experiments),
    ("POST", "/experiments", create_experiment),
    ("POST", "/runs", create_run),
    ("GET", "/runs/([^/:]+)", get_run),
    ("POST", "/runs/([^/:]+):terminate", stop_run),
    ("POST", "/recurringruns", create_recurring),
)
