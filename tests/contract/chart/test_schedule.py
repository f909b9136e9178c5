"""With each values file for GPUs the whole loop ends on the GPUs that the file names."""

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.utils.quantity import parse_quantity

from pipelines.kubeflow.asked_roles import called_by
from pipelines.kubeflow.graph import GraphOptions, compile_graph
from pipelines.kubeflow.placement import TRAINED, Placement
from pipelines.recipe.recipe import Recipe, load_recipe
from pipelines.run.stages import SHARDED
from tests.contract.chart.rendered import CI, Object, containers, of_kind, placement, pods
from tests.contract.chart.schedule import Pool, Schedule, Stage, Wants

READING = ("judge", "curate", "evaluate")
"""Stages in which a model reads many texts: the scorer, or the embedder."""
COUNTED = re.compile(r"(\d+) (\S+/[\w.-]+)(?: of pool (\w+))?")
NODE = re.compile(r"# Node: (\d+) CPUs, (\d+) GiB for pods")
SHAPES = [name for name in CI if "# GPUs:" in CI[name].read_text("utf-8")]


def room(name: str) -> dict[Pool, int]:
    """The GPUs that a values file's head names; beside them what its node has, if it is one."""
    head = CI[name].read_text("utf-8")
    (line,) = (each for each in head.splitlines() if "# GPUs:" in each)
    found = {(kind, pool): int(count) for count, kind, pool in COUNTED.findall(line)}
    found |= dict.fromkeys([("cpu", ""), ("memory", "")], sys.maxsize)
    for cpus, gib in NODE.findall(head):
        found |= {("cpu", ""): int(cpus) * 1000, ("memory", ""): int(gib) * 1024}
    return found


def beside(cpu: str | None, memory: str | None, *, times: int = 1) -> dict[Pool, int]:
    """CPUs in thousandths, memory in MiB."""
    cpus, mib = parse_quantity(cpu or 0) * 1000, parse_quantity(memory or 0) / 2**20
    return {("cpu", ""): int(cpus) * times, ("memory", ""): int(mib) * times}


def wants(pod: Object, container: Object, *, times: int = 1) -> Wants:
    """What the scheduler keeps for a rendered pod."""
    pool = pod.get("nodeSelector", {}).get("pool", "")
    limits = container["resources"].get("limits", {})
    asked = container["resources"].get("requests", {})
    gpus = {(kind, pool): int(n) * times for kind, n in limits.items() if "/" in kind}
    return Wants(gpus | beside(asked.get("cpu"), asked.get("memory"), times=times))


def roles(name: str) -> tuple[dict[str, Wants], dict[str, dict[str, str]]]:
    """GPUs of each server at its most pods, and the labels that wake those that may be at none."""
    scaled = {
        each["spec"]["scaleTargetRef"]["name"].removesuffix("-predictor"): each["spec"]
        for kind in ("ScaledObject", "HorizontalPodAutoscaler")
        for each in of_kind(name, kind)
    }
    found, woken = {}, {}
    for place, meta, pod in pods(name):
        kind, _, title = place.partition("/")
        if kind not in ("Deployment", "ServingRuntime"):
            continue
        scale = scaled.get(title, {})
        most = scale.get("maxReplicaCount") or scale.get("maxReplicas") or replicas(name)[title]
        role = meta["labels"]["app.kubernetes.io/component"]
        role += "-canary" * (meta["labels"].get("littlegiants/track") == "canary")
        found[role] = wants(pod, pod["containers"][0], times=most)
        if scale.get("minReplicaCount") == 0:
            (labels,) = (
                trigger["metadata"]["podSelector"]
                for trigger in scale["triggers"]
                if trigger["type"] == "kubernetes-workload"
            )
            woken[role] = dict(pair.split("=") for pair in labels.split(","))
    return found, woken


def replicas(name: str) -> dict[str, int]:
    """Pods of each server that nothing scales."""
    plain = {each["metadata"]["name"]: each["spec"] for each in of_kind(name, "Deployment")}
    kserve = of_kind(name, "InferenceService")
    return {title: spec.get("replicas", 1) for title, spec in plain.items()} | {
        each["metadata"]["name"]: each["spec"]["predictor"]["maxReplicas"] for each in kserve
    }


def graph(name: str, folder: Path) -> dict[str, Any]:
    """Tasks of the graph as it is registered, by stage, with the stages that they wait for."""
    compile_graph(folder / "graph.yaml", GraphOptions(placement(name)))
    compiled = next(yaml.safe_load_all((folder / "graph.yaml").read_text()))
    tasks = compiled["root"]["dag"]["tasks"]
    names = {key: task["taskInfo"]["name"] for key, task in tasks.items()}
    for loop in (each for each in tasks if each.startswith("for-loop")):
        inner = compiled["components"][tasks[loop]["componentRef"]["name"]]["dag"]["tasks"]
        (names[loop],) = (name for name in SHARDED if name in inner)
    return {
        names[key]: {names[each] for each in task.get("dependentTasks", ())}
        for key, task in tasks.items()
    }


def pods_of(name: str) -> dict[str, str]:
    """Whose pods serve each role: its own, or those of all roles."""
    component = "app.kubernetes.io/component"
    services = of_kind(name, "Service")
    return {
        each["metadata"]["labels"][component]: each["spec"]["selector"][component]
        for each in services
    }


def recipe(placed: Placement) -> Recipe | None:
    """What the release's run makes, where its values say it."""
    told = placed.arguments.recipe
    return load_recipe(told) if told else None


def stage(name: str, title: str, after: set[str], woken: dict[str, dict[str, str]]) -> Stage:
    """A stage as the placement makes its pod, and its TrainJob."""
    placed = placement(name)
    pod, training = placed.pod_of(title), placed.training
    taken: Counter[Pool] = Counter(beside(pod.cpu_request, pod.memory_request))
    if pod.accelerator:
        units = pod.accelerator.count * pod.accelerator.shares
        taken[(pod.accelerator.type, pod.node_selector.get("pool", ""))] = units
    if title in TRAINED and training.nodes > 1:
        (runtime,) = of_kind(name, "TrainingRuntime")
        (job,) = runtime["spec"]["template"]["spec"]["replicatedJobs"]
        spec = job["template"]["spec"]["template"]["spec"]
        taken.update(wants(spec, spec["containers"][0], times=training.nodes).devices)
    wakes = {role for role, labels in woken.items() if labels.items() <= pod.labels.items()}
    served = pods_of(name)
    called: set[str] = {*called_by(title, recipe(placed), takes_turns=training.takes_turns)}
    calls = frozenset(served[role] for role in called & served.keys())
    return Stage(frozenset(after), Wants(taken), frozenset(wakes), calls)


def schedule(name: str, folder: Path) -> Schedule:
    """A run of the registered pipeline on the cluster that the values file names."""
    served, woken = roles(name)
    stages = {
        title: stage(name, title, after, woken) for title, after in graph(name, folder).items()
    }
    return Schedule(stages, served, frozenset(served.keys() - woken.keys()), room(name))


@pytest.mark.parametrize("name", CI)
def test_a_file_that_asks_for_gpus_says_how_many_there_are(name: str) -> None:
    limits = {
        resource
        for _, _, pod in pods(name)
        for each in containers(pod)
        for resource in each.get("resources", {}).get("limits", {})
    }
    assert any("/" in resource for resource in limits) == (name in SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_no_pod_of_the_loop_waits_for_ever(name: str, tmp_path: Path) -> None:
    found = schedule(name, tmp_path)
    assert all(stage.calls <= stage.wakes | found.always for stage in found.stages.values())
    assert found.stuck() is None
    assert found.waits_for_training() == set()


@pytest.mark.parametrize("name", SHAPES)
def test_what_trains_or_reads_much_has_a_gpu(name: str, tmp_path: Path) -> None:
    found = schedule(name, tmp_path)
    for title in (*TRAINED, *READING):
        devices = found.stages[title].wants.devices
        assert sum(count for (kind, _), count in devices.items() if "/" in kind) >= 1, title


@pytest.mark.parametrize("name", [name for name in SHAPES if "gpu-one" in name])
def test_one_node_is_that_of_a_cloud_with_one_gpu(name: str) -> None:
    """Of 12 CPUs and 170 GB, as the smallest have, the node's own pods take the rest."""
    node = room(name)
    assert (node[("cpu", "")], node[("memory", "")]) <= (11_000, 150 * 1024)


@pytest.mark.parametrize("stage", READING)
def test_a_stage_that_reads_runs_where_torch_has_gpus(stage: str, tmp_path: Path) -> None:
    file = tmp_path / "graph.yaml"
    compile_graph(file, GraphOptions(placement("gpu-one")))
    executors = next(yaml.safe_load_all(file.read_text()))["deploymentSpec"]["executors"]
    assert "/trainer:" in executors[f"exec-{stage}"]["container"]["image"]


def test_three_generators_that_wait_for_weights_leave_a_training_no_gpu() -> None:
    gpu = ("nvidia.com/gpu", "")
    one = Wants({gpu: 1})
    roles_of = dict.fromkeys(("junior", "senior", "revisor"), one)
    train = Stage(frozenset(), one, frozenset(), frozenset())
    always = Schedule({"finetune-junior": train}, roles_of, frozenset(roles_of), {gpu: 3})
    state = always.stuck()
    assert state is not None and state.served == set(roles_of)
    assert Schedule({"finetune-junior": train}, roles_of, frozenset(), {gpu: 3}).stuck() is None
