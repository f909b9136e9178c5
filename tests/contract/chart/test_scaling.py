"""Pods follow the calls under way and do not swing: each start fetches and loads a model."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.chart.closed_loop import ClosedLoop, Server
from tests.contract.chart.helm import template
from tests.contract.chart.hpa import Autoscaler, Scale
from tests.contract.chart.rendered import LOADER, Object, of_kind

METRIC = re.compile(r"sum\((\w+)\{")
IN_FLIGHT, WAITING = "littlegiants_completions_in_flight", "littlegiants_completions_waiting"


def flag(deployment: Object, name: str) -> int:
    """A number of the generator's command line."""
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    (found,) = (each for each in container["args"] if each.startswith(f"--{name}="))
    return int(found.partition("=")[2])


def scaled(objects: list[Object], role: str) -> tuple[Server, Scale, str]:
    """A role's pods, its autoscaler's numbers and the metric, all as they were rendered."""
    named = {each["kind"]: each for each in objects if each["metadata"]["name"].endswith(role)}
    server = Server(flag(named["Deployment"], "max-seqs"), flag(named["Deployment"], "max-waiting"))
    if "ScaledObject" in named:
        spec = named["ScaledObject"]["spec"]
        told = spec["triggers"][0]["metadata"]
        behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        target, metric = float(told["threshold"]), METRIC.findall(told["query"])[0]
        most = spec["maxReplicaCount"]
        return server, Scale(spec["minReplicaCount"], most, target, behavior), metric
    spec = named["HorizontalPodAutoscaler"]["spec"]
    pods = spec["metrics"][0]["pods"]
    target, metric = float(pods["target"]["averageValue"]), pods["metric"]["name"]
    return server, Scale(spec["minReplicas"], spec["maxReplicas"], target, spec["behavior"]), metric


@pytest.fixture(scope="module")
def defaults(tmp_path_factory: pytest.TempPathFactory) -> list[Object]:
    """The chart for GPUs with nothing said but who scales."""
    values: Any = {
        "profile": "gpu",
        "roles": {
            "senior": {"autoscaling": {"kind": "keda"}},
            "revisor": {"autoscaling": {"kind": "hpa"}},
        },
    }
    file = tmp_path_factory.mktemp("scaled") / "values.yaml"
    file.write_text(yaml.safe_dump(values), "utf-8")
    return [each for each in yaml.load_all(template(file).stdout, LOADER) if each]


@pytest.mark.parametrize("calls", [1024, 4096])
@pytest.mark.parametrize("role", ["senior", "revisor"])
def test_three_hours_of_calls_start_five_pods_at_most(
    role: str, calls: int, defaults: list[Object]
) -> None:
    server, scale, metric = scaled(defaults, role)
    loop = ClosedLoop(calls, server, scale, metric).run()
    assert loop.starts <= 5
    assert len(loop.pods) == min(scale.most, calls // server.slots)


@pytest.mark.parametrize("role", ["senior", "revisor"])
def test_many_gpus_are_filled_once_and_kept(role: str) -> None:
    objects = [
        each
        for kind in ("Deployment", "ScaledObject", "HorizontalPodAutoscaler")
        for each in of_kind("gpu-many", kind)
    ]
    server, scale, metric = scaled(objects, role)
    loop = ClosedLoop(4096, server, scale, metric).run()
    assert server.slots * len(loop.pods) > 0.85 * 4096
    assert loop.starts == len(loop.pods) - scale.least


def test_pods_that_no_call_needs_go_again(defaults: list[Object]) -> None:
    server, scale, _ = scaled(defaults, "senior")
    autoscaler = Autoscaler(scale)
    count, now = scale.most, 0
    while count > scale.least:
        now += 15
        count = autoscaler.desired(now, server.slots / 2, count)
    window = scale.of("scaleDown")["stabilizationWindowSeconds"]
    assert window <= now <= 3600


def test_scaling_on_what_waits_alone_would_swing(defaults: list[Object]) -> None:
    server, scale, _ = scaled(defaults, "senior")
    assert ClosedLoop(600, server, scale, WAITING).run().starts > 8
    assert ClosedLoop(600, server, scale, IN_FLIGHT).run().starts == 2


def test_with_kserve_a_role_sleeps_and_is_woken_too(tmp_path: Path) -> None:
    values: Any = {
        "serving": {"backend": "kserve"},
        "generator": {"autoscaling": {"kind": "keda", "minReplicas": 0}},
    }
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values), "utf-8")
    rendered = template(tmp_path / "values.yaml").stdout
    objects = [each for each in yaml.load_all(rendered, LOADER) if each]
    service, scaled_object = (
        next(each for each in objects if each["kind"] == kind)
        for kind in ("InferenceService", "ScaledObject")
    )
    annotations = service["metadata"]["annotations"]
    assert annotations["serving.kserve.io/autoscalerClass"] == "external"
    target = scaled_object["spec"]["scaleTargetRef"]["name"]
    assert target == f"{service['metadata']['name']}-predictor"
    assert "kubernetes-workload" in [each["type"] for each in scaled_object["spec"]["triggers"]]
