"""An install that cannot work ends in a pod whose message says what to mend."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.cluster import Cluster, wait_for
from tests.e2e.objects import VOLUME, secret
from tests.e2e.release import BASE, CHANNEL, NAME, STORE, Values, deploy, values

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

JUNIOR = {"junior": {"enabled": True}}
NO_MODEL = {"kind": "pvc", "pvc": {"claim": VOLUME, "path": "models/nothing"}}
WRONG_KEYS = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}


def store(**changed: str) -> Values:
    """The store with other settings."""
    return {"kind": "s3", "s3": {**STORE, **changed}}


def with_memory(limit: str) -> Values:
    """A generator that may use so little."""
    chosen = dict(values(source=BASE, roles=JUNIOR))
    resources = {"requests": {"cpu": "50m", "memory": limit}, "limits": {"memory": limit}}
    chosen["generator"] = {**chosen["generator"], "resources": resources}
    return chosen


def without_waiting() -> Values:
    """A generator that does not wait for the first promotion."""
    chosen = dict(values(source=CHANNEL, roles=JUNIOR))
    server = {**chosen["generator"]["server"], "firstWaitS": 0}
    chosen["generator"] = {**chosen["generator"], "server": server}
    return chosen


CASES: dict[str, tuple[Values, str]] = {
    "no such model": (values(source=NO_MODEL, roles=JUNIOR), "no such folder of weights"),
    "no such secret": (
        {**values(source=CHANNEL, roles=JUNIOR), "storage": store(secret="e2e-nothing")},
        'secret "e2e-nothing" not found',
    ),
    "wrong keys": (
        {**values(source=CHANNEL, roles=JUNIOR), "storage": store(secret="e2e-wrong")},
        "mend AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    "no store": (
        {**values(source=CHANNEL, roles=JUNIOR), "storage": store(endpoint="http://nowhere:9000")},
        "check the address of the store, AWS_ENDPOINT_URL_S3",
    ),
    "too little memory": (with_memory("1Gi"), "raise resources.limits.memory"),
    "nothing promoted": (without_waiting(), "promote the role first"),
}


@pytest.fixture
def empty(storage: Cluster, models: str) -> Iterator[Cluster]:
    """The cluster with storage, without a release before and after."""
    storage.apply(secret("e2e-wrong", WRONG_KEYS))
    yield storage
    storage.try_helm("uninstall", NAME, "--wait", "--timeout", "2m")


@pytest.mark.parametrize("case", CASES)
def test_the_pod_says_what_to_mend(empty: Cluster, case: str) -> None:
    chosen, remedy = CASES[case]
    done = deploy(empty, chosen)
    assert done.code == 0, done.err
    # Kubernetes has passing messages of its own, as of a secret that it has not read yet
    wait_for(lambda: remedy in said_by_the_pod(empty), f"pod that says {remedy!r}", timeout_s=180)


def said_by_the_pod(cluster: Cluster) -> str:
    """What Kubernetes shows of why the junior does not run."""
    pods = cluster.pods(f"app.kubernetes.io/instance={NAME},app.kubernetes.io/component=junior")
    said = [each for pod in pods for each in messages(pod["status"])]
    return "\n".join(said)


def messages(status: dict[str, Any]) -> Iterator[str]:
    """Messages of containers that ended or cannot be created."""
    every = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    for container in every:
        for state in (container.get("state", {}), container.get("lastState", {})):
            for name in ("terminated", "waiting"):
                text = state.get(name, {}).get("message", "")
                if text and not text.startswith("back-off"):
                    yield text
