"""A task's pod as Kubeflow Pipelines 2.17 makes it, from the compiled pipeline and its inputs.

After `backend/src/v2/compiler/argocompiler` and `backend/src/v2/driver`: no group that owns
volumes, no home on one, folders for KFP's own things; restricted with what the pipeline itself
says. Left out are Argo's containers beside the step's.
"""

import json
from pathlib import Path

from tests.e2e.kubeflow_driver import Object, Pipeline, Task
from tests.e2e.kubeflow_platform import apply_platform

LAUNCHER = "kfp-launcher"
LAUNCHER_FILE = Path(__file__).with_name("kubeflow_launcher.py")
SCRATCH = {
    "gcs-scratch": "/gcs",
    "s3-scratch": "/s3",
    "minio-scratch": "/minio",
    "dot-local-scratch": "/.local",
    "dot-cache-scratch": "/.cache",
    "dot-config-scratch": "/.config",
}
"""Volumes of every pod, and where they are."""
OUTPUT_FILE = "/tmp/kfp_outputs/output_metadata.json"
OF_THE_POD = {
    "KFP_POD_NAME": "metadata.name",
    "KFP_POD_UID": "metadata.uid",
    "NAMESPACE": "metadata.namespace",
}
RESOURCES = {
    "resourceCpuRequest": ("requests", "cpu"),
    "resourceCpuLimit": ("limits", "cpu"),
    "resourceMemoryRequest": ("requests", "memory"),
    "resourceMemoryLimit": ("limits", "memory"),
}


def executor_input(task: Task, run: str) -> Object:
    """What a step is told, as the driver writes it: what it reads, and where its outputs go."""
    told = task.component.get("outputDefinitions", {})
    root = f"minio://mlpipeline/v2/artifacts/speed/{run}/{task.stage}"
    outputs = {
        "parameters": {
            name: {"outputFile": f"/tmp/kfp/outputs/{name}"} for name in told.get("parameters", {})
        },
        "artifacts": {
            name: {
                "artifacts": [{"uri": f"{root}/{task.name}/{name}", "type": each["artifactType"]}]
            }
            for name, each in told.get("artifacts", {}).items()
        },
        "outputFile": OUTPUT_FILE,
    }
    kept = {name: each for name, each in outputs.items() if each}
    return {"inputs": {"parameterValues": dict(task.inputs)}, "outputs": kept}


def pod(pipeline: Pipeline, task: Task, run: str) -> Object:
    """The pod of a task."""
    label = task.component["executorLabel"]
    container = pipeline.executors[label]["container"]
    main = step_container(container, json.dumps(executor_input(task, run)))
    spec: Object = {
        "restartPolicy": "Never",
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [main],
        "volumes": [
            {"name": LAUNCHER, "configMap": {"name": LAUNCHER}},
            *({"name": name, "emptyDir": {}} for name in SCRATCH),
        ],
    }
    metadata = {"name": f"{run}-{task.name}", "labels": {"pipeline/runid": run}, "annotations": {}}
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    apply_platform(made, pipeline.platform.get(label, {}))
    return made


def step_container(container: Object, told: str) -> Object:
    """The container of a step: the launcher, which runs the step's own command."""
    launcher = ("python3", f"/{LAUNCHER}/{LAUNCHER_FILE.name}", "--executor_input", told, "--")
    mounts = {LAUNCHER: f"/{LAUNCHER}", **SCRATCH}
    fields = [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
        for name, path in OF_THE_POD.items()
    ]
    return {
        "name": "main",
        "image": container["image"],
        "command": [*launcher, *container["command"], *container["args"]],
        "env": [*container.get("env", ()), *fields],
        "resources": resources(container.get("resources", {})),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in mounts.items()],
    }


def resources(told: Object) -> Object:
    """Requests and limits; devices are a limit."""
    found: dict[str, dict[str, str]] = {"requests": {}, "limits": {}}
    for name, (kind, resource) in RESOURCES.items():
        if name in told:
            found[kind][resource] = told[name]
    if device := told.get("accelerator"):
        found["limits"][device["resourceType"]] = device["resourceCount"]
    return found


def launcher() -> Object:
    """The launcher's program, which the pods mount."""
    data = {LAUNCHER_FILE.name: LAUNCHER_FILE.read_text(encoding="utf-8")}
    metadata = {"name": LAUNCHER}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
