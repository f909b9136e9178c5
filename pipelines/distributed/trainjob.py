"""A training over several nodes: a TrainJob of Kubeflow Trainer, created, awaited, told."""

import queue
import re
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

from littlegiants.errors import BadInput, Unavailable
from littlegiants.heartbeat import doing
from pipelines.distributed.trainjobs_api import GROUP, RUN_ID, VERSION, TrainJobs
from pipelines.distributed.world import MODULE, Spread
from pipelines.step_progress import say

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
NAME_LENGTH = 50
"""The Trainer makes longer names of this one, which end at 63 characters."""
PATIENCE_S = 600.0
"""How long the cluster's API may be away; the training goes on."""
Told: TypeAlias = queue.SimpleQueue[int]
"""The signals that came; a handler may put into it whatever it interrupts."""


def run_trainjob(
    spread: Spread, arguments: Sequence[str], *, name: str, key: str, patience_s: float = PATIENCE_S
) -> None:
    """Create the TrainJob of a stage, or take up the one that is there, and wait until it is over.

    SIGTERM ends it. Raises Unavailable then, when it failed and when the API stays away; BadInput
    when the API refuses it.
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
    with ended_by_sigterm(jobs, title) as told, doing(f"TrainJob {title} trains"):
        await_end(jobs, title, told, stage=name, poll_s=spread.poll_s, patience_s=patience_s)


def end_trainings(namespace: str, run_id: str) -> list[str]:
    """End the TrainJobs of a run of Kubeflow Pipelines; gives their names.

    Raises BadInput where no cluster is configured or it refuses, Unavailable when it is away.
    """
    jobs = TrainJobs(namespace)
    found = jobs.of_run(run_id)
    for each in found:
        jobs.end(each)
    return found


@contextmanager
def ended_by_sigterm(jobs: TrainJobs, title: str) -> Iterator[Told]:
    """On SIGTERM the TrainJob is deleted at once: with its pod it would go an hour later.

    Raises Unavailable then. Who waits is told of the signal, not broken off by it: a request to
    the cluster that is under way ends and closes its connection.
    """
    told: Told = queue.SimpleQueue()
    if threading.current_thread() is not threading.main_thread():
        yield told
        return
    before = signal.signal(signal.SIGTERM, lambda number, _: told.put(number))
    try:
        yield told
    except Stopped as error:
        jobs.end(title)
        raise Unavailable(
            f"TrainJob {title}: ended, for this pod was told to; start the step again, it goes on "
            "from the last checkpoint that is kept"
        ) from error
    finally:
        signal.signal(signal.SIGTERM, before)


class Stopped(Exception):
    """SIGTERM came."""


def pause(told: Told, seconds: float) -> None:
    """Wait; Stopped as soon as a signal came."""
    with suppress(queue.Empty):
        told.get(timeout=seconds)
        raise Stopped


def await_end(
    jobs: TrainJobs, title: str, told: Told, *, stage: str, poll_s: float, patience_s: float
) -> None:
    """Wait until a TrainJob is complete; Unavailable when it failed, is gone or cannot be seen.

    Raises Stopped when a signal came.
    """
    seen, said = time.monotonic(), ""
    while True:
        try:
            job = jobs.get(title)
            seen = time.monotonic()
        except Unavailable:
            if time.monotonic() - seen > patience_s:
                raise
            pause(told, poll_s)
            continue
        if job is None:
            raise Unavailable(f"TrainJob {title}: somebody deleted it; start the step again")
        conditions = conditions_of(job)
        if "Failed" in conditions:
            raise Unavailable(f"TrainJob {title}: failed ({conditions['Failed']}); see its pods")
        if "Complete" in conditions:
            return
        if (line := progress_of(job)) != said:
            say(stage, said := line)
        pause(told, poll_s)


def manifest(spread: Spread, arguments: Sequence[str], *, name: str) -> dict[str, Any]:
    """The TrainJob: only fields that have kept their meaning since the API's first version."""
    metadata: dict[str, Any] = {
        "name": name,
        "labels": {**spread.labels, "app.kubernetes.io/part-of": "littlegiants"},
    }
    if spread.run_id:
        metadata["labels"][RUN_ID] = spread.run_id
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
