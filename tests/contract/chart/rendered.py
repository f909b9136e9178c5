"""The chart's objects for each values file of ci/, and the parts of them that tests look at."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import yaml
from kubernetes_validate import utils
from packaging.version import Version

from pipelines.kubeflow.placement import Placement
from tests.contract.chart.helm import CHART, NEWEST, template

Object = dict[str, Any]

CI = {
    file.name.removesuffix("-values.yaml"): file for file in sorted((CHART / "ci").glob("*.yaml"))
}
LEAST = Version("1.28")
NEEDS = re.compile(r"Kubernetes >= (\d+\.\d+)")
FOLLOWED: Object = {
    "storage": {"kind": "s3", "s3": {"url": "s3://giants"}},
    "generator": {"source": {"kind": "channel"}},
}
"""What a release's values say whose pipeline can be registered: its roles follow a channel."""
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def versions() -> list[str]:
    """Every Kubernetes from 1.28 on whose schema is installed."""
    folders = Path(utils.__file__).parent.joinpath("kubernetes-json-schema").iterdir()
    found = {
        Version(match[1]) for each in folders if (match := re.match(r"v(\d+\.\d+)", each.name))
    }
    return [str(each) for each in sorted(found) if each >= LEAST]


def pairs() -> list[tuple[str, str]]:
    """Values file and version, where the file can be used."""
    return [(name, version) for name in CI for version in versions() if is_for(name, version)]


def is_for(name: str, version: str) -> bool:
    """Whether the file's first line allows `version`."""
    needed = NEEDS.search(CI[name].read_text("utf-8").partition("\n")[0])
    return not needed or Version(version) >= Version(needed[1])


@cache
def text(name: str, version: str = NEWEST) -> str:
    """What `helm template` writes for a values file."""
    done = template(CI[name], version=version)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def objects(name: str, version: str = NEWEST) -> tuple[Object, ...]:
    """The objects of a values file."""
    return tuple(each for each in yaml.load_all(text(name, version), LOADER) if each)


def of_kind(name: str, kind: str) -> list[Object]:
    """Objects of one kind."""
    return [each for each in objects(name) if each["kind"] == kind]


def named(each: Object) -> str:
    """Kind and name, for messages."""
    return f"{each['kind']}/{each['metadata']['name']}"


def pods(name: str) -> Iterator[tuple[str, Object, Object]]:
    """Name, metadata and spec of every pod that the objects make, KServe's predictors too."""
    for each in objects(name):
        spec = each.get("spec", {})
        match each["kind"]:
            case "Pod":
                yield named(each), each["metadata"], spec
            case "Deployment" | "Job":
                yield named(each), spec["template"]["metadata"], spec["template"]["spec"]
            case "ServingRuntime":
                yield named(each), *_served(name, each)
            case "TrainingRuntime":
                for job in spec["template"]["spec"]["replicatedJobs"]:
                    inner = job["template"]["spec"]["template"]
                    yield named(each), inner["metadata"], inner["spec"]


def _served(name: str, runtime: Object) -> tuple[Object, Object]:
    (service,) = (
        each
        for each in of_kind(name, "InferenceService")
        if each["metadata"]["name"] == runtime["metadata"]["name"]
    )
    predictor = service["spec"]["predictor"]
    containers = [*runtime["spec"]["containers"], *predictor.get("containers", [])]
    volumes = [*runtime["spec"]["volumes"], *predictor.get("volumes", [])]
    return {"labels": predictor["labels"]}, {
        **predictor,
        "containers": containers,
        "volumes": volumes,
    }


def containers(spec: Object) -> list[Object]:
    """All containers of a pod, those before included."""
    return [*spec.get("initContainers", []), *spec["containers"]]


def ours(spec: Object) -> list[Object]:
    """Containers of our images, and not those that values bring along."""
    return [each for each in containers(spec) if "giants/" in each["image"]]


@cache
def placement(name: str) -> Placement:
    """The placement that the release registers the pipeline with, in whichever way."""
    return placement_in(template(CI[name], more=("--set", "pipelines.register=job")))


def placement_in(done: CompletedProcess[str]) -> Placement:
    """The placement among the objects of a chart that renders."""
    assert done.returncode == 0, done.stderr
    (told,) = (
        each["data"]["placement.yaml"]
        for each in yaml.load_all(done.stdout, LOADER)
        if each and "placement.yaml" in each.get("data", {})
    )
    return Placement.model_validate(yaml.safe_load(told))
