"""Tasks of a compiled pipeline as pods of the cluster, and the release's own placement of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from pipelines.kubeflow.graph import GraphOptions, compile_graph
from pipelines.kubeflow.placement import Placement
from tests.e2e.cluster import Cluster, wait_for
from tests.e2e.kubeflow_driver import Pipeline, Task, Values, read_pipeline
from tests.e2e.kubeflow_pods import pod
from tests.e2e.objects import Object
from tests.e2e.release import CHART, NAME

TASK_LIMIT_S = 1800
SHOWN = ("--show-only=templates/pipeline.yaml", "--show-only=templates/registration.yaml")


def registration(cluster: Cluster, chosen: Mapping[str, Any]) -> list[Object]:
    """What the chart would register the pipeline with: a placement, and the hook that takes it."""
    pipelines = {**chosen.get("pipelines", {}), "register": "job"}
    with TemporaryDirectory() as folder:
        values = Path(folder, "values.json")
        values.write_text(json.dumps({**chosen, "pipelines": pipelines}), encoding="utf-8")
        text = cluster.helm("template", NAME, CHART, "--values", str(values), *SHOWN)
    return list(yaml.safe_load_all(text))


def registered(objects: list[Object]) -> Pipeline:
    """The pipeline that would be registered."""
    told = next(each for each in objects if each["kind"] == "ConfigMap")["data"]["placement.yaml"]
    with TemporaryDirectory() as folder:
        file = Path(folder, "graph.yaml")
        compile_graph(file, GraphOptions(Placement.model_validate(yaml.safe_load(told))))
        return read_pipeline(file)


@dataclass(frozen=True, slots=True)
class TaskPods:
    """Runs tasks of one run; their pods stay until the namespace goes."""

    cluster: Cluster
    pipeline: Pipeline
    run: str

    def __call__(self, task: Task) -> Values:
        """Run one to its end, and give its output parameters."""
        parameters: Values = self.message(task)["parameters"]
        return parameters

    def message(self, task: Task) -> Object:
        """What the launcher of a task tells at its end."""
        made = pod(self.pipeline, task, self.run)
        name = made["metadata"]["name"]
        self.cluster.apply(made)

        def ended() -> str | None:
            phase: str = self.cluster.get("pod", name)["status"]["phase"]
            return phase if phase in ("Succeeded", "Failed") else None

        phase = wait_for(ended, f"the end of {name}", timeout_s=TASK_LIMIT_S)
        log = self.cluster.try_kubectl("logs", name, "--tail", "60").out
        print(f"{name}: {phase}\n{log}", flush=True)
        assert phase == "Succeeded", f"{name}:\n{log}\n{self.cluster.state()}"
        (status,) = self.cluster.get("pod", name)["status"]["containerStatuses"]
        told: Object = json.loads(status["state"]["terminated"]["message"])
        return told
