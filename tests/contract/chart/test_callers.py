"""Network policies let in who has to call, whatever the values add, and nobody else."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.chart.helm import template
from tests.contract.chart.rendered import CI, FOLLOWED, LOADER, Object

GRPC, TEACHER, ADMIN, METRICS = 50051, 8000, 50052, 9090
SPACE = "kubernetes.io/metadata.name"
APPS = {"namespaceSelector": {"matchLabels": {SPACE: "apps"}}}
SAID = {"networkPolicy": {"callers": [APPS]}}
STEP = {"pipeline/runid": "one"}


def rendered(folder: Path, name: str, *told: Any) -> list[Object]:
    """The objects of a values file and of what is told after it, in namespace `giants`."""
    files = [folder / f"{number}.yaml" for number, _ in enumerate(told)]
    for file, values in zip(files, told, strict=True):
        file.write_text(yaml.safe_dump(values), "utf-8")
    done = template(CI[name], *files)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.load_all(done.stdout, LOADER) if each]


def may_call(objects: list[Object], space: str, labels: dict[str, str], port: int) -> bool:
    """Whether a pod of `space` with these labels reaches this port of a server."""
    (serve,) = (each for each in objects if each["metadata"]["name"].endswith("-serve"))
    return any(
        _is_meant(peer, space, labels)
        for rule in serve["spec"]["ingress"]
        if port in [each["port"] for each in rule["ports"]]
        for peer in rule["from"] or [{"namespaceSelector": {}}]
    )


def _is_meant(peer: Object, space: str, labels: dict[str, str]) -> bool:
    spaces = peer.get("namespaceSelector", {"matchLabels": {SPACE: "giants"}})
    wanted = peer.get("podSelector", {}).get("matchLabels", {})
    return (
        spaces.get("matchLabels", {}).items() <= {SPACE: space}.items()
        and wanted.items() <= labels.items()
    )


@pytest.mark.parametrize(
    ("told", "space"),
    [({}, "kubeflow"), ({"token": True}, "giants"), ({"runNamespace": "team-b"}, "team-b")],
    ids=["single user", "a tenant's own release", "said"],
)
@pytest.mark.parametrize("callers", [[APPS], []], ids=["others", "nobody"])
def test_steps_may_call_where_they_run_whoever_else_may(
    told: Any, space: str, callers: Any, tmp_path: Path
) -> None:
    pipelines = {"register": "job", **told}
    values = {**FOLLOWED, "pipelines": pipelines, "networkPolicy": {"callers": callers}}
    objects = rendered(tmp_path, "default", values)
    assert may_call(objects, space, STEP, GRPC) and may_call(objects, space, STEP, TEACHER)
    assert may_call(objects, "apps", {}, GRPC) == bool(callers)
    assert not may_call(objects, "elsewhere", STEP, GRPC)


def test_without_a_pipeline_values_alone_say_who_calls(tmp_path: Path) -> None:
    assert may_call(rendered(tmp_path, "default"), "giants", {}, GRPC)
    objects = rendered(tmp_path, "default", SAID)
    assert may_call(objects, "apps", {}, GRPC)
    assert not may_call(objects, "giants", {}, GRPC)


def test_a_test_of_the_release_may_call_whoever_else_may(tmp_path: Path) -> None:
    objects = rendered(tmp_path, "gpu-many", SAID)
    tests = [each for each in objects if each["kind"] == "Pod"]
    assert len(tests) == 3
    for each in tests:
        assert may_call(objects, "giants", each["metadata"]["labels"], GRPC)


@pytest.mark.parametrize(
    ("gateway", "space"), [({}, "gateways"), ({"namespace": ""}, "giants")], ids=["named", "own"]
)
def test_the_gateway_of_a_route_may_call_generators(
    gateway: Any, space: str, tmp_path: Path
) -> None:
    objects = rendered(tmp_path, "gpu-many", {**SAID, "outside": {"gateway": gateway}})
    (route, *_) = (each for each in objects if each["kind"] == "GRPCRoute")
    assert route["spec"]["parentRefs"][0]["namespace"] == space
    assert may_call(objects, space, {}, GRPC)
    assert not any(may_call(objects, space, {}, port) for port in (TEACHER, ADMIN, METRICS))


@pytest.mark.parametrize(
    ("name", "port"), [("gpu-many", GRPC), ("everything", 50061)], ids=["gateway", "ingress"]
)
def test_proxies_that_run_elsewhere_may_call_generators(
    name: str, port: int, tmp_path: Path
) -> None:
    proxies = {"proxyNamespace": "proxies"}
    objects = rendered(
        tmp_path, name, {**SAID, "outside": proxies}, {"networkPolicy": {"scrapers": []}}
    )
    assert may_call(objects, "proxies", {}, port)
    assert not any(may_call(objects, "proxies", {}, other) for other in (TEACHER, METRICS))
    inside = rendered(tmp_path, name, {**SAID, "outside": {**proxies, "kind": "none"}})
    assert not may_call(inside, "proxies", {}, port)


def test_nobody_is_not_everybody(tmp_path: Path) -> None:
    nobody: Any = {"networkPolicy": {"callers": [], "admins": [], "scrapers": []}}
    objects = rendered(tmp_path, "mutual-tls", nobody)
    for port in (GRPC, ADMIN, METRICS):
        assert not may_call(objects, "elsewhere", {}, port)
