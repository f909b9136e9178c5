"""Every task of the compiled graph becomes a pod as Kubeflow makes it, with its inputs resolved."""

import json
import sys
import threading
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

import pipelines
from tests.e2e import kubeflow_launcher
from tests.e2e.kubeflow_driver import Driver, Object, Pipeline, Task, Values, read_pipeline
from tests.e2e.kubeflow_pods import executor_input, pod
from tests.unit.pipelines.kubeflow.test_placement import EVERYTHING, compiled

ARGUMENTS = {"recipe": "laptop", "run": "s3://runs/one", "generators": "dns:///{role}:50051"}
PARTS = ["0", "1"]
PLAIN = read_pipeline(Path(pipelines.__file__).with_name("speed.yaml"))
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
    "runAsNonRoot": True,
}


class Ran:
    """Notes the tasks, and gives what can be told from whom it came."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self.order: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, task: Task) -> Values:
        with self._lock:
            self.tasks[task.name] = task
            self.order.append(task.name)
        return {"Output": PARTS if task.stage == "shards" else f"of {task.name}"}

    def goes_before(self, first: str, then: str) -> bool:
        return self.order.index(first) < self.order.index(then)


@pytest.fixture(scope="module")
def ran() -> Ran:
    """A run of the graph, whose stages that have parts have two."""
    found = Ran()
    PLAIN.execute(ARGUMENTS, found)
    return found


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """The graph with a placement that says everything."""
    folder = tmp_path_factory.mktemp("placed")
    compiled(folder, EVERYTHING)
    return read_pipeline(folder / "graph.yaml")


def test_every_task_of_the_graph_runs_once_and_those_of_a_loop_once_for_each_part(ran: Ran) -> None:
    tasks = set(PLAIN.graph["root"]["dag"]["tasks"]) - {"for-loop-1", "for-loop-2"}
    loops = {f"for-loop-1-{part}-synthesize" for part in PARTS}
    loops |= {f"for-loop-2-{part}-evaluate" for part in PARTS}
    assert ran.tasks.keys() == tasks | loops
    assert len(ran.order) == len(ran.tasks)


def test_a_task_has_the_runs_arguments_its_constants_and_what_others_gave(ran: Ran) -> None:
    assert ran.tasks["promote-2"].inputs == {
        **ARGUMENTS,
        "teacher": "",
        "channel": "",
        "role": "senior",
        "model": "of align",
    }
    assert ran.tasks["for-loop-1-1-synthesize"].inputs == {
        **ARGUMENTS,
        "shard": "1",
        "tasks": "of brainstorm",
        "senior": "of promote-2",
        "revisor": "of promote-3",
    }


def test_what_a_loop_gave_is_a_list_in_the_order_of_its_items(ran: Ran) -> None:
    drafts = [f"of for-loop-1-{part}-synthesize" for part in PARTS]
    scores = [f"of for-loop-2-{part}-evaluate" for part in PARTS]
    assert ran.tasks["curate"].inputs["drafts"] == drafts
    assert ran.tasks["report"].inputs["scores"] == scores


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("prepare", "brainstorm"),
        ("judge", "correct"),
        ("for-loop-1-1-synthesize", "curate"),
        ("for-loop-2-1-evaluate", "report"),
    ],
)
def test_a_task_waits_for_those_it_depends_on(ran: Ran, first: str, then: str) -> None:
    assert ran.goes_before(first, then)


def test_tasks_that_depend_on_each_other_in_no_way_run_side_by_side() -> None:
    together = threading.Barrier(2, timeout=30)

    def execute(task: Task) -> Values:
        if task.stage in ("align", "correct"):
            together.wait()
        return {"Output": PARTS if task.stage == "shards" else ""}

    PLAIN.execute(ARGUMENTS, execute)


def test_what_depends_on_a_failed_task_is_not_begun() -> None:
    found = Ran()

    def execute(task: Task) -> Values:
        if task.name == "judge":
            raise RuntimeError("judge failed")
        return found(task)

    with pytest.raises(RuntimeError, match="judge failed"):
        PLAIN.execute(ARGUMENTS, execute)
    assert "propose" in found.tasks
    assert not found.tasks.keys() & {"align", "correct", "curate"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"triggerPolicy": {"condition": "true"}}, "knows no triggerPolicy"),
        ({"inputs": {"artifacts": {}}}, "knows no input artifacts"),
        ({"inputs": {"parameters": {"run": {"runtimeValue": {"constant": "{{$.x}}"}}}}}, "resolve"),
        ({"inputs": {"parameters": {}}}, "no value for run"),
    ],
)
def test_what_the_driver_would_get_wrong_is_refused(change: Any, message: str) -> None:
    one: Object = {"inputDefinitions": {"parameters": {"run": {}}}}
    task = {"componentRef": {"name": "one"}, "taskInfo": {"name": "one"}, **change}
    with pytest.raises(AssertionError, match=message):
        Driver({"one": one}, Ran()).run_graph({"dag": {"tasks": {"one": task}}}, {}, "")


def test_an_argument_that_the_pipeline_does_not_know_is_refused() -> None:
    with pytest.raises(AssertionError, match="unknown inputs: model"):
        PLAIN.execute({**ARGUMENTS, "model": "any"}, Ran())


@pytest.mark.parametrize("which", ["plain", "placed"])
def test_every_pod_is_valid_and_restricted(which: str, ran: Ran, placed: Pipeline) -> None:
    pipeline = {"plain": PLAIN, "placed": placed}[which]
    for task in ran.tasks.values():
        made = pod(pipeline, task, "run-1")
        kubernetes_validate.validate(made, "1.37", strict=True)
        (main,) = made["spec"]["containers"]
        assert main["securityContext"] == RESTRICTED
        assert made["spec"]["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
        assert {"fsGroup", "runAsUser"}.isdisjoint(made["spec"]["securityContext"])
        names = [each["name"] for each in made["spec"]["volumes"]]
        assert len(set(names)) == len(names)


def test_a_step_is_told_its_inputs_and_where_its_outputs_go(ran: Ran) -> None:
    made = pod(PLAIN, ran.tasks["report"], "run-1")
    command = made["spec"]["containers"][0]["command"]
    told = json.loads(command[command.index("--executor_input") + 1])
    assert command[command.index("--") + 1 :][:2] == ["sh", "-ec"]
    assert "kfp.dsl.executor_main" in command[command.index("--") + 3]
    assert command[-4:] == ["--executor_input", "{{$}}", "--function_to_execute", "report"]
    assert told["inputs"]["parameterValues"] == dict(ran.tasks["report"].inputs)
    assert told["outputs"]["parameters"] == {"Output": {"outputFile": "/tmp/kfp/outputs/Output"}}
    (page,) = told["outputs"]["artifacts"]["page"]["artifacts"]
    assert page["type"]["schemaTitle"] == "system.HTML"
    assert page["uri"].startswith("minio://")


def test_a_pod_has_what_the_placement_says(placed: Pipeline, ran: Ran) -> None:
    spec, metadata = (pod(placed, ran.tasks["seed"], "run-1")[key] for key in ("spec", "metadata"))
    main = spec["containers"][0]
    variables = {each["name"]: each for each in main["env"]}
    assert variables["HTTPS_PROXY"]["value"] == "http://proxy"
    key = variables["OPENAI_API_KEY"]["valueFrom"]["secretKeyRef"]
    assert key == {"name": "teacher", "key": "key", "optional": True}
    assert {"name": "runs", "mountPath": "/runs", "subPath": "team"} in main["volumeMounts"]
    assert {"name": "tls", "mountPath": "/etc/tls"} in main["volumeMounts"]
    assert main["image"] == "registry/pipeline@sha256:0"
    assert main["imagePullPolicy"] == "Always"
    assert metadata["labels"]["team"] == "speed"
    assert metadata["annotations"] == {"cost": "7"}
    assert spec["activeDeadlineSeconds"] == 3600
    assert spec["imagePullSecrets"] == [{"name": "registry"}]


def test_a_training_has_its_devices_and_their_node(placed: Pipeline, ran: Ran) -> None:
    spec = pod(placed, ran.tasks["finetune"], "run-1")["spec"]
    assert spec["containers"][0]["resources"] == {
        "requests": {"cpu": "4"},
        "limits": {"memory": "64Gi", "nvidia.com/gpu": "2"},
    }
    assert spec["nodeSelector"] == {"pool": "gpu"}
    assert spec["tolerations"][0]["key"] == "nvidia.com/gpu"
    shm = {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "8Gi"}}
    assert shm in spec["volumes"]


STEP = """
import json, pathlib, sys
outputs = json.loads(sys.argv[1])["outputs"]
page = outputs["artifacts"]["page"]["artifacts"][0]["uri"]
pathlib.Path(page.replace("minio://", sys.argv[2] + "/minio/")).write_text("<html>")
pathlib.Path(outputs["outputFile"]).write_text(sys.argv[3])
sys.exit(int(sys.argv[4]))
"""


def launched(folder: Path, task: Task, written: str, code: int = 0) -> int:
    """Launch a step that writes so to the executor's output file; the launcher's exit code."""
    (folder / "dev").mkdir()
    told = json.dumps(executor_input(task, "run-1")).replace("/tmp/", f"{folder}/tmp/")
    step = [sys.executable, "-c", STEP, "{{$}}", str(folder), written, str(code)]
    return kubeflow_launcher.main(["--executor_input", told, "--", *step], folder)


def test_what_a_step_gave_is_read_from_the_executors_output_file(tmp_path: Path, ran: Ran) -> None:
    written = json.dumps({"parameterValues": {"Output": "a digest"}})
    assert launched(tmp_path, ran.tasks["report"], written) == 0
    told = json.loads((tmp_path / "dev/termination-log").read_text())
    assert told == {"parameters": {"Output": "a digest"}, "artifacts": {"page": 6}}


def test_a_step_that_fails_gives_nothing(tmp_path: Path, ran: Ran) -> None:
    assert launched(tmp_path, ran.tasks["report"], "{}", 3) == 3
    assert not (tmp_path / "dev/termination-log").exists()


def test_a_step_that_does_not_give_what_it_declares_fails(tmp_path: Path, ran: Ran) -> None:
    with pytest.raises(KeyError, match="Output"):
        launched(tmp_path, ran.tasks["report"], "{}")
