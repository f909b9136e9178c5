"""A training over several nodes: a TrainJob of Kubeflow Trainer, created, awaited, told."""

import os
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client, config

from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from littlegiants.heartbeat import doing
from pipelines.api_errors import said
from pipelines.distributed.world import MODULE, Spread
from pipelines.step_progress import say

GROUP, VERSION, PLURAL = "trainer.kubeflow.org", "v1alpha1", "trainjobs"
NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
NAME_LENGTH = 50
"""The Trainer makes longer names of this one, which end at 63 characters."""
PATIENCE_S = 600.0
"""How long the cluster's API may be away; the training goes on."""


def run_trainjob(
    spread: Spread, arguments: Sequence[str], *, name: str, key: str, patience_s: float = PATIENCE_S
) -> None:
    """Create the TrainJob of a stage, or take up the one that is there, and wait until it is over.

    Raises Unavailable when it failed or the API stays away, BadInput when the API refuses it.
    """
    jobs = TrainJobs(namespace_of(spread))
    job = manifest(spread, arguments, name=job_name(name, key))
    title = job["metadata"]["name"]
    found = jobs.get(title)
    if found and {"Failed", "Complete"} & set(conditions_of(found)):
        say(name, f"TrainJob {title} ended without a result; it is made anew")
        jobs.delete(title, wait_s=patience_s, poll_s=spread.poll_s)
        found = None
    if found is None:
        jobs.create(job)
    say(name, f"TrainJob {jobs.namespace}/{title} on {spread.nodes} nodes")
    with doing(f"TrainJob {title} trains"):
        await_end(jobs, title, stage=name, poll_s=spread.poll_s, patience_s=patience_s)


def await_end(
    jobs: "TrainJobs", title: str, *, stage: str, poll_s: float, patience_s: float
) -> None:
    """Wait until a TrainJob is complete; Unavailable when it failed, is gone or cannot be seen."""
    seen, told = time.monotonic(), ""
    while True:
        try:
            job = jobs.get(title)
            seen = time.monotonic()
        except Unavailable:
            if time.monotonic() - seen > patience_s:
                raise
            time.sleep(poll_s)
            continue
        if job is None:
            raise Unavailable(f"TrainJob {title}: somebody deleted it; start the step again")
        conditions = conditions_of(job)
        if "Failed" in conditions:
            raise Unavailable(f"TrainJob {title}: failed ({conditions['Failed']}); see its pods")
        if "Complete" in conditions:
            return
        if (line := progress_of(job)) != told:
            say(stage, told := line)
        time.sleep(poll_s)


def manifest(spread: Spread, arguments: Sequence[str], *, name: str) -> dict[str, Any]:
    """The TrainJob: only fields that have kept their meaning since the API's first version."""
    metadata: dict[str, Any] = {
        "name": name,
        "labels": {**spread.labels, "app.kubernetes.io/part-of": "littlegiants"},
    }
    if spread.pod_name and spread.pod_uid:
        owner = {"apiVersion": "v1", "kind": "Pod"}
        metadata["ownerReferences"] = [{**owner, "name": spread.pod_name, "uid": spread.pod_uid}]
    trainer: dict[str, Any] = {
        "command": ["python", "-m", "torch.distributed.run", f"--rdzv-id={name}", *MODULE],
        "args": list(arguments),
        "numNodes": spread.nodes,
        "numProcPerNode": spread.over().of_a_node,
    }
    if spread.image:
        trainer["image"] = spread.image
    runtime = {"apiGroup": GROUP, "kind": "TrainingRuntime", "name": spread.runtime}
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "TrainJob",
        "metadata": metadata,
        "spec": {"runtimeRef": runtime, "trainer": trainer},
    }


def job_name(stage: str, key: str) -> str:
    """A name that is the same for the same training: a retry takes up the job that is there."""
    text = re.sub(r"[^a-z0-9]+", "-", f"littlegiants-{stage}-{key}".casefold())
    return text[:NAME_LENGTH].strip("-")


def conditions_of(job: Mapping[str, Any]) -> dict[str, str]:
    """The conditions that hold, each with its message."""
    found = job.get("status", {}).get("conditions", [])
    return {each["type"]: each.get("message", "") for each in found if each["status"] == "True"}


def progress_of(job: Mapping[str, Any]) -> str:
    """How many of its pods run, as the Trainer counts them."""
    counts = job.get("status", {}).get("jobsStatus", [])
    return ", ".join(f"{each['name']}: {each.get('active', 0)} active" for each in counts)


def namespace_of(spread: Spread) -> str:
    """Where the TrainJob is made; BadInput when that is not known."""
    if spread.namespace:
        return spread.namespace
    if NAMESPACE_FILE.exists():
        return NAMESPACE_FILE.read_text(encoding="utf-8").strip()
    raise BadInput(
        "LITTLEGIANTS_TRAINING_NAMESPACE: training on several nodes needs a cluster; set it to a "
        "namespace of one, or LITTLEGIANTS_TRAINING_NODES to 1"
    )


class TrainJobs:
    """The TrainJobs of a namespace."""

    def __init__(self, namespace: str) -> None:
        """Raises BadInput when no cluster is configured."""
        self.namespace = namespace
        try:
            file = os.environ.get("KUBECONFIG")
            config.load_config(**({"config_file": file} if file else {}))
        except config.ConfigException as error:
            raise BadInput(
                f"KUBECONFIG: {error}; run in a pod, or name a kubeconfig file"
            ) from error
        self._api = client.CustomObjectsApi()
        self._where = {"group": GROUP, "version": VERSION, "namespace": namespace, "plural": PLURAL}

    def get(self, name: str) -> dict[str, Any] | None:
        """The TrainJob, or None."""
        try:
            return self._asked("get", name=name)
        except Missing:
            return None

    def create(self, job: Mapping[str, Any]) -> None:
        """Create it."""
        try:
            self._asked("create", body=dict(job))
        except Missing as error:
            raise BadInput(
                f"cluster: {GROUP}/{VERSION} is not served; install Kubeflow Trainer, or set "
                "training.nodes to 1"
            ) from error

    def delete(self, name: str, *, wait_s: float, poll_s: float) -> None:
        """Delete it with its pods, and wait until it is gone."""
        try:
            self._asked("delete", name=name, propagation_policy="Foreground")
        except Missing:
            return
        started = time.monotonic()
        while self.get(name):
            if time.monotonic() - started > wait_s:
                raise Unavailable(f"TrainJob {name}: does not go away; see its finalizers")
            time.sleep(poll_s)

    def _asked(self, verb: str, **arguments: Any) -> Any:
        call = getattr(self._api, f"{verb}_namespaced_custom_object")
        try:
            return call(**self._where, **arguments)
        except client.ApiException as error:
            raise self._refusal(error) from error
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"cluster: does not answer ({error}); start it again") from error

    def _refusal(self, error: client.ApiException) -> LittleGiantsError:
        told = f"cluster: answers {error.status}: {said(error)}"
        if error.status == 404:
            return Missing(told)
        if error.status in (401, 403):
            return BadInput(
                f"{told}; the pod's service account must create, get and delete {PLURAL}.{GROUP} "
                f"in {self.namespace}"
            )
        if error.status and 400 <= error.status < 500 and error.status not in (408, 409, 429):
            return BadInput(f"{told}; mend what it names")
        return Unavailable(f"{told}; start it again")


class Missing(LittleGiantsError):
    """There is no such object, or no such kind."""
