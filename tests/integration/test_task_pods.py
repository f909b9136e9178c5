"""Every task of the compiled pipeline runs as Kubeflow runs it, to the report, in SeaweedFS."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from upath import UPath

from pipelines.generators.weights_channel import Channel
from pipelines.kubeflow.graph import GraphOptions, compile_graph
from pipelines.kubeflow.placement import Placement
from pipelines.recipe.recipe import load_recipe, resolved
from pipelines.run.local_engines import free_port
from pipelines.run.stages import STAGES
from pipelines.scripted_teacher.server import ScriptedTeacher, scripted_teacher
from tests.e2e.kubeflow_driver import read_pipeline
from tests.integration.scripts import fill_schema
from tests.integration.task_processes import TaskProcesses, image_environment
from tests.integration.test_pipeline import ROLES, TINY
from tests.integration.tiny_model import make_tiny_model
from tests.unit.weed_server import BUCKET, WeedServer, weed_server

pytestmark = [pytest.mark.pipeline, pytest.mark.slow, pytest.mark.timeout(3600)]

RUN = f"s3://{BUCKET}/runs/one"
CHANNEL = f"s3://{BUCKET}/channel"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
SECRETS = {"store": KEYS, "teacher": {"key": "scripted"}}


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeedServer]:
    """A SeaweedFS server."""
    with weed_server(tmp_path_factory.mktemp("weed")) as server:
        yield server


@pytest.fixture(scope="module")
def teacher() -> Iterator[ScriptedTeacher]:
    """A teacher that makes words up."""
    with scripted_teacher(fill_schema) as served:
        yield served


@pytest.fixture(scope="module")
def store(weed: WeedServer) -> dict[str, str]:
    """How a process finds the store, as the chart tells it."""
    region = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    return {**region, "AWS_ENDPOINT_URL_S3": weed.url, "FSSPEC_S3_ENDPOINT_URL": weed.url}


@pytest.fixture(scope="module")
def model(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two small layers."""
    return make_tiny_model(smollm2, tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def generators(
    weed: WeedServer, store: dict[str, str], model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Services that follow the channel, where each serves the model; their addresses by role."""
    ports = {role: free_port() for role in ROLES}
    folder = tmp_path_factory.mktemp("generators")
    with ExitStack() as running:
        for role, port in ports.items():
            weights = Channel(weed.folder("channel"), role)
            weights.point_to(weights.put(model))
            flags = ["--role", role, "--weights", CHANNEL, "--poll-s", "0.2", "--port", str(port)]
            flags += ["--cache", str(folder / role)]
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.scripted_generator", *flags],
                env=image_environment("littlegiants/pipeline") | store | KEYS,
            )
            running.callback(process.wait)
            running.callback(process.terminate)
        yield ",".join(f"{role}=127.0.0.1:{port}" for role, port in ports.items())


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of the pipeline that has ended."""

    folder: UPath
    tasks: TaskProcesses
    arguments: dict[str, str]

    @property
    def summary(self) -> dict[str, Any]:
        """What the run says of itself."""
        return dict(json.loads((self.folder / "summary.json").read_text()))


@pytest.fixture(scope="module")
def ran(
    weed: WeedServer,
    store: dict[str, str],
    teacher: ScriptedTeacher,
    generators: str,
    model: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Ran:
    """The graph, resolved and run task by task."""
    folder = tmp_path_factory.mktemp("run")
    models = [f"models.{name}={model}" for name in ("generator", "embedder")]
    recipe = resolved(load_recipe("laptop", [*TINY, *models]))
    secrets = [
        {"name": "store", "keys": {name: name for name in KEYS}},
        {"name": "teacher", "keys": {"key": "OPENAI_API_KEY"}},
    ]
    environment = {**store, "OMP_NUM_THREADS": "1"}
    pod = {"environment": environment, "secret_variables": secrets}
    placement = Placement.model_validate({"defaults": pod, "shards_at_once": 2})
    compile_graph(folder / "graph.yaml", GraphOptions(placement))
    pipeline = read_pipeline(folder / "graph.yaml")
    tasks = TaskProcesses(pipeline, folder / "tasks", SECRETS)
    arguments = {
        "recipe": yaml.safe_dump(dict(recipe), sort_keys=False),
        "run": RUN,
        "teacher": teacher.url,
        "generators": generators,
        "channel": CHANNEL,
    }
    pipeline.execute(arguments, tasks)
    return Ran(weed.folder("runs/one"), tasks, arguments)


def test_no_stage_is_missing(ran: Ran) -> None:
    assert [stage["name"] for stage in ran.summary["stages"]] == list(STAGES)


def test_every_item_is_accounted_for(ran: Ran) -> None:
    for stage in ran.summary["stages"]:
        assert stage["in"] == stage["out"] + sum(stage["dropped"].values()), stage["name"]


def test_the_page_that_kubeflow_shows_is_the_runs_report(ran: Ran) -> None:
    (page,) = (ran.tasks.folder / "report/minio").rglob("page")
    assert page.read_text() == (ran.folder / "report.html").read_text()
    assert "</html>" in page.read_text()


def test_each_role_was_promoted_into_the_releases_channel(ran: Ran, weed: WeedServer) -> None:
    for role in ROLES:
        pointer = json.loads((weed.folder("channel") / role / "current.json").read_text())
        assert pointer["version"] == 2, role


def test_run_again_with_no_cache_nothing_is_asked_or_made_twice(
    ran: Ran, teacher: ScriptedTeacher, tmp_path: Path
) -> None:
    asked, before = len(teacher.requests), ran.summary["stages"]
    again = TaskProcesses(ran.tasks.pipeline, tmp_path, SECRETS)
    again.pipeline.execute(ran.arguments, again)
    assert len(teacher.requests) == asked
    assert ran.summary["stages"] == before
