"""What a compiled pipeline says of a step's pod, put into it as Kubeflow's driver does.

After `backend/src/v2/driver/k8s.go` of Kubeflow Pipelines 2.17.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tests.e2e.kubeflow_driver import Object


def apply_platform(made: Object, told: Object) -> None:
    """Change a pod as its executor's part of the platform's document says."""
    assert told.keys() <= PARTS.keys(), f"unknown here: {', '.join(told.keys() - PARTS.keys())}"
    for name, each in told.items():
        PARTS[name](made, each)


def constant(told: Object) -> str:
    """A name that is said when the pipeline is compiled."""
    name: str = told["runtimeValue"]["constant"]
    return name


def add_variables(made: Object, told: list[Object]) -> None:
    """Keys of secrets as environment variables."""
    for secret in told:
        name, optional = constant(secret["secretNameParameter"]), secret.get("optional", False)
        for each in secret["keyToEnv"]:
            source = {"name": name, "key": each["secretKey"], "optional": optional}
            variable = {"name": each["envVar"], "valueFrom": {"secretKeyRef": source}}
            made["spec"]["containers"][0]["env"].append(variable)


def add_fields(made: Object, told: list[Object]) -> None:
    """What the pod knows of itself, as environment variables."""
    for each in told:
        source = {"fieldRef": {"fieldPath": each["fieldPath"]}}
        variable = {"name": each["name"], "valueFrom": source}
        made["spec"]["containers"][0]["env"].append(variable)


def mount(made: Object, name: str, volume: Mapping[str, Any], **place: str) -> None:
    """Put a volume into the step's container."""
    made["spec"]["volumes"].append({"name": name, **volume})
    made["spec"]["containers"][0]["volumeMounts"].append({"name": name, **place})


def add_secrets(made: Object, told: list[Object]) -> None:
    """Secrets as files."""
    for each in told:
        name = constant(each["secretNameParameter"])
        source = {"secretName": name, "optional": each.get("optional", False)}
        mount(made, name, {"secret": source}, mountPath=each["mountPath"])


def add_claims(made: Object, told: list[Object]) -> None:
    """Claims, as they are: nobody gives their files to the step's user."""
    for each in told:
        name = constant(each["pvcNameParameter"])
        place = {"subPath": each["subPath"]} if each.get("subPath") else {}
        source = {"persistentVolumeClaim": {"claimName": name}}
        mount(made, name, source, mountPath=each["mountPath"], **place)


def add_empty_folders(made: Object, told: list[Object]) -> None:
    """Empty folders, in memory for example."""
    for each in told:
        source = {name: each[name] for name in ("medium", "sizeLimit") if name in each}
        mount(made, each["volumeName"], {"emptyDir": source}, mountPath=each["mountPath"])


def add_metadata(made: Object, told: Object) -> None:
    """Labels and annotations."""
    for kind in ("labels", "annotations"):
        made["metadata"][kind] |= told.get(kind, {})


PARTS: Mapping[str, Callable[[Object, Any], None]] = {
    "secretAsEnv": add_variables,
    "fieldPathAsEnv": add_fields,
    "secretAsVolume": add_secrets,
    "pvcMount": add_claims,
    "emptyDirMounts": add_empty_folders,
    "podMetadata": add_metadata,
    "nodeSelector": lambda made, told: made["spec"].update(nodeSelector=told["labels"]),
    "tolerations": lambda made, told: made["spec"].update(tolerations=told),
    "activeDeadlineSeconds": lambda made, told: made["spec"].update(
        activeDeadlineSeconds=int(told)
    ),
    "imagePullPolicy": lambda made, told: made["spec"]["containers"][0].update(
        imagePullPolicy=told
    ),
    "imagePullSecret": lambda made, told: made["spec"].update(
        imagePullSecrets=[{"name": constant(each["secretNameParameter"])} for each in told]
    ),
    "securityContext": lambda made, told: made["spec"]["containers"][0]["securityContext"].update(
        told
    ),
}
"""What the pipeline says of a pod, by its name in the compiled file."""
