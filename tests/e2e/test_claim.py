"""A run on a ReadWriteMany claim: steps' pods own no group of the volume, and write there."""

from typing import Any

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.kubeflow_driver import Task
from tests.e2e.kubeflow_pods import launcher
from tests.e2e.objects import Object, job, volume
from tests.e2e.release import values
from tests.e2e.task_pods import TaskPods, registered, registration

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

CLAIM = "e2e-runs"
KEPT = ("tmp", "home", "store")
"""Volumes that the hook has without a release around it."""


def opened_by(hook: Object) -> Object:
    """The hook that registers the pipeline, where there is nothing to register it with."""
    spec: dict[str, Any] = hook["spec"]["template"]["spec"]
    (main,) = spec["containers"]
    main |= {"args": ["pipelines", "--help"]}
    main["volumeMounts"] = [each for each in main["volumeMounts"] if each["name"] in KEPT]
    volumes = [each for each in spec["volumes"] if each["name"] in KEPT]
    kept = ("automountServiceAccountToken", "enableServiceLinks", "securityContext")
    pod = {name: spec[name] for name in kept} | {"containers": [main], "volumes": volumes}
    return job("e2e-open", pod)


def test_steps_write_into_the_claim_that_the_release_mounted_once(cluster: Cluster) -> None:
    chosen = values(
        source={"kind": "channel"},
        roles={role: {"enabled": True} for role in ("junior", "senior", "revisor")},
        pipelines={"token": True, "recipe": "laptop", "teacher": "recorded"},
        storage={"kind": "pvc", "pvc": {"claim": CLAIM}},
    )
    objects = registration(cluster, chosen)
    pipeline = registered(objects)
    (hook,) = (each for each in objects if each["kind"] == "Job")
    cluster.apply(volume(CLAIM), launcher(), opened_by(hook))
    cluster.await_job("e2e-open")
    component = pipeline.graph["components"]["comp-brainstorm"]
    told = pipeline.graph["root"]["inputDefinitions"]["parameters"]
    inputs = {name: told[name]["defaultValue"] for name in ("recipe", "run", "teacher")}
    assert inputs["run"].startswith("/store/")
    brainstorm = Task("brainstorm", "brainstorm", component, {**inputs, "after": ""})
    assert TaskPods(cluster, pipeline, "claim")(brainstorm)["Output"]
