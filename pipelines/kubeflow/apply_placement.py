"""Puts a task of the graph where the placement says: one function, applied to every task."""

import json
from collections.abc import Callable, Mapping

from kfp import kubernetes
from kfp.dsl import PipelineTask

from pipelines.kubeflow.components import IMAGE, TRAINER_IMAGE
from pipelines.kubeflow.placement import TRAINED, ImageKind, Placement, Training
from pipelines.kubeflow.pod_spec import Pod

KINDS: dict[str, ImageKind] = {IMAGE: "pipeline", TRAINER_IMAGE: "trainer"}
SHM = "/dev/shm"
OF_THE_POD = {"POD_NAME": "name", "POD_UID": "uid", "RUN_ID": "labels['pipeline/runid']"}
"""What a TrainJob is told of the step's pod, by field of its metadata; the label is KFP's."""


def place(task: PipelineTask, stage: str, placement: Placement) -> None:
    """Give `task` the name, image, pod and environment of `stage`."""
    task.set_display_name(stage)
    kind = KINDS[task.container_spec.image]
    if image := placement.images.get(kind):
        task.set_container_image(image)
    task.set_caching_options(placement.caching)
    # the rest of the restricted standard is what KFP 2.17 says of every step's container
    kubernetes.set_security_context(task, run_as_non_root=True)
    pod = placement.pod_of(stage)
    for part in PARTS:
        part(task, pod)
    for name, count in placement.gpus_of(stage).items():
        task.set_env_variable(f"LITTLEGIANTS_GPUS_{name.upper()}", f"{count:g}")
    if stage in TRAINED:
        spread(task, placement.training, placement.images.get("trainer", TRAINER_IMAGE), pod.labels)


def resources(task: PipelineTask, pod: Pod) -> None:
    """Cores, memory, GPUs, and memory that processes share."""
    if pod.cpu_request:
        task.set_cpu_request(pod.cpu_request)
    if pod.cpu_limit:
        task.set_cpu_limit(pod.cpu_limit)
    if pod.memory_request:
        task.set_memory_request(pod.memory_request)
    if pod.memory_limit:
        task.set_memory_limit(pod.memory_limit)
    if pod.accelerator:
        task.set_accelerator_type(pod.accelerator.type)
        task.set_accelerator_limit(pod.accelerator.count * pod.accelerator.shares)
    if pod.shm:
        kubernetes.empty_dir_mount(task, "shm", SHM, medium="Memory", size_limit=pod.shm)


def scheduling(task: PipelineTask, pod: Pod) -> None:
    """On which nodes."""
    for label, value in pod.node_selector.items():
        kubernetes.add_node_selector(task, label, value)
    for each in pod.tolerations:
        kubernetes.add_toleration(task, each.key, each.operator, each.value, each.effect)


def secrets_and_volumes(task: PipelineTask, pod: Pod) -> None:
    """What is mounted, and what the environment holds."""
    for variables in pod.secret_variables:
        kubernetes.use_secret_as_env(
            task, variables.name, dict(variables.keys), optional=variables.optional
        )
    for files in pod.secret_files:
        kubernetes.use_secret_as_volume(task, files.name, files.path, optional=files.optional)
    for claim in pod.claims:
        kubernetes.mount_pvc(task, claim.name, claim.path, sub_path=claim.sub_path)
    for name, value in pod.environment.items():
        task.set_env_variable(name, value)


def life(task: PipelineTask, pod: Pod) -> None:
    """Labels, image pulls, how long and how often."""
    for label, value in pod.labels.items():
        kubernetes.add_pod_label(task, label, value)
    for annotation, value in pod.annotations.items():
        kubernetes.add_pod_annotation(task, annotation, value)
    if pod.pull_policy:
        kubernetes.set_image_pull_policy(task, pod.pull_policy)
    if pod.pull_secrets:
        kubernetes.set_image_pull_secrets(task, list(pod.pull_secrets))
    if pod.timeout_s:
        kubernetes.set_timeout(task, pod.timeout_s)
    if pod.retries:
        task.set_retry(pod.retries, backoff_duration="10s")


PARTS: tuple[Callable[[PipelineTask, Pod], None], ...] = (
    resources,
    scheduling,
    secrets_and_volumes,
    life,
)


def spread(task: PipelineTask, training: Training, image: str, labels: Mapping[str, str]) -> None:
    """Tell a training stage of its devices and nodes; see pipelines/distributed/launch.py."""
    if (training.devices, training.nodes) == (1, 1):
        return
    told: dict[str, int | str] = {"DEVICES": training.devices, "NODES": training.nodes}
    if training.nodes > 1:
        told |= {"RUNTIME": training.runtime, "IMAGE": image}
        told |= {"LABELS": json.dumps(labels)} if labels else {}
        for name, field in OF_THE_POD.items():
            kubernetes.use_field_path_as_env(
                task, f"LITTLEGIANTS_TRAINING_{name}", f"metadata.{field}"
            )
    for name, value in told.items():
        task.set_env_variable(f"LITTLEGIANTS_TRAINING_{name}", str(value))
