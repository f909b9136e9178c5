"""`register: crd` has everything that `job` compiles: the same graph with the same placement."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.kubeflow.graph import GraphOptions, compile_manifests
from pipelines.kubeflow.placement import Placement
from pipelines.kubeflow.pod_spec import Pod
from tests.contract.chart.helm import CHART, REGISTRY, helm, template
from tests.contract.chart.rendered import CI, FOLLOWED, LOADER, Object

PLAIN_NUMBERS = {"cpuLimit", "cpuRequest", "memoryLimit", "memoryRequest"}
"""What KFP's backend reads of older SDKs; the chart writes the texts beside them alone."""
EVERY_FIELD: Any = {
    "caching": True,
    "shards_at_once": 3,
    "defaults": {
        "cpu_request": "500m",
        "cpu_limit": "2",
        "memory_request": "1Gi",
        "memory_limit": "2Gi",
        "accelerator": {"type": "amd.com/gpu", "count": 1, "shares": 2},
        "shm": "1Gi",
        "node_selector": {"pool": "a"},
        "tolerations": [{"operator": "Exists"}, {"key": "x", "value": "z"}],
        "secret_variables": [{"name": "s", "keys": {"a": "A"}, "optional": True}],
        "secret_files": [{"name": "f", "path": "/f", "optional": True}],
        "claims": [{"name": "c", "path": "/c", "sub_path": "deep"}],
        "environment": {"A_B": "1"},
        "labels": {"x": "z"},
        "annotations": {"n": "m"},
        "pull_secrets": ["r", "q"],
        "pull_policy": "Always",
        "timeout_s": 1234567,
        "retries": 2,
    },
    "stages": {"finetune": {"shm": "2Gi"}, "finetune-revisor": {"retries": 0}},
}
RELEASES: list[tuple[str, Any]] = [
    (name, {}) for name in ("kserve", "nothing-served", "everything", "gpu-one")
]
BOTH = "paper-8b synthesize.writers.senior=2 synthesize.writers.junior=1"
RELEASES += [
    ("default", {**FOLLOWED, "pipelines": {"placement": EVERY_FIELD}}),
    ("gpu-three", {"pipelines": {"recipe": BOTH}}),
    ("gpu-one-together", {"pipelines": {"recipe": BOTH}}),
    ("gpu-one", {"pipelines": {"placement": {"training": {"takes_turns": False}}}}),
]


def rendered(name: str, more: Any, register: str, folder: Path) -> list[Object]:
    """The objects of a values file and of `more`, registered in this way."""
    values = {**more, "pipelines": {**more.get("pipelines", {}), "register": register}}
    file = folder / f"{register}.yaml"
    file.write_text(yaml.safe_dump(values), "utf-8")
    done = template(CI[name], file)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.load_all(done.stdout, LOADER) if each]


def comparable(node: Any) -> Any:
    """A graph without what stands in it twice; variables in no order, labels in one as labels."""
    if isinstance(node, list):
        return [comparable(each) for each in node]
    if not isinstance(node, dict):
        return node
    found = {key: comparable(each) for key, each in node.items() if key not in PLAIN_NUMBERS}
    if "env" in found:
        told = {each["name"]: each["value"] for each in found["env"]}
        labels = json.loads(told.pop("LITTLEGIANTS_TRAINING_LABELS", "{}"))
        found["env"] = told, labels
    return found


@pytest.mark.parametrize(("name", "more"), RELEASES, ids=lambda each: str(each)[:20])
def test_the_object_is_what_the_job_would_upload(name: str, more: Any, tmp_path: Path) -> None:
    (told,) = (
        each["data"]["placement.yaml"]
        for each in rendered(name, more, "job", tmp_path)
        if "placement.yaml" in each.get("data", {})
    )
    options = GraphOptions(Placement.model_validate(yaml.safe_load(told)))
    compile_manifests(tmp_path / "crd.yaml", options, version="any", namespace="")
    _, compiled = yaml.safe_load_all((tmp_path / "crd.yaml").read_text("utf-8"))
    (version,) = (
        each for each in rendered(name, more, "crd", tmp_path) if each["kind"] == "PipelineVersion"
    )
    for part in ("pipelineSpec", "platformSpec"):
        assert comparable(version["spec"][part]) == comparable(compiled["spec"][part])


def test_every_field_of_a_stage_is_among_those_compared() -> None:
    assert EVERY_FIELD["defaults"].keys() == Pod.model_fields.keys()


def test_another_placement_is_another_version_for_versions_never_change(tmp_path: Path) -> None:
    names = set()
    for limit in ("1Gi", "2Gi"):
        placed = {"defaults": {"memory_limit": limit}}
        more = {**FOLLOWED, "pipelines": {"placement": placed}}
        names |= {
            each["metadata"]["name"]
            for each in rendered("default", more, "crd", tmp_path)
            if each["kind"] == "PipelineVersion"
        }
    assert len(names) == 2


def pipeline_of(register: str, told: str, release: str, namespace: str) -> str:
    """The name of a release's pipeline, wherever its objects say it."""
    flags = ("--set", f"pipelines.register={register},{told}", "--kube-version", "1.34.0")
    followed = "storage.kind=s3,storage.s3.url=s3://giants,generator.source.kind=channel"
    values = ("--values", REGISTRY, "--set", followed, "--namespace", namespace)
    done = helm("template", release, CHART, *values, *flags)
    assert done.returncode == 0, done.stderr
    found = {each["kind"]: each for each in yaml.load_all(done.stdout, LOADER) if each}
    if register == "job":
        arguments = found["Job"]["spec"]["template"]["spec"]["containers"][0]["args"]
        (name,) = (each.partition("=")[2] for each in arguments if "--pipeline=" in each)
        return str(name)
    pipeline, version = found["Pipeline"], found["PipelineVersion"]
    name = str(pipeline["metadata"]["name"])
    assert pipeline["spec"]["displayName"] == version["spec"]["pipelineName"] == name
    assert version["metadata"]["name"] == f"{name}-{version['spec']['displayName']}"
    return name


@pytest.mark.parametrize("register", ["job", "crd"])
@pytest.mark.parametrize(
    "told",
    ["pipelines.token=true,pipelines.namespace=team-a", "pipelines.namespace=kubeflow"],
    ids=["of one tenant", "without tenants"],
)
def test_releases_that_share_a_kubeflow_have_a_pipeline_each(told: str, register: str) -> None:
    releases = [(name, space) for name in ("one", "two") for space in ("team-a", "team-b")]
    names = {pipeline_of(register, told, *each) for each in releases}
    assert len(names) == len(releases)


@pytest.mark.parametrize("register", ["job", "crd"])
def test_a_pipeline_in_the_releases_own_namespace_has_its_name(register: str) -> None:
    name = pipeline_of(register, "pipelines.token=true", "giants", "team-a")
    assert name == "giants-littlegiants"


STORE: Any = {"storage": {"kind": "pvc"}, "pipelines": {"token": True}}
HUB: Any = {"modelCache": {"claim": "hub"}}
CACHE = "/var/cache/littlegiants/huggingface"


@pytest.mark.parametrize("register", ["job", "crd"])
@pytest.mark.parametrize(
    ("values", "places"),
    [(STORE, {"/store"}), (HUB, {CACHE}), (STORE | HUB, {"/store", CACHE}), ({}, set())],
    ids=["store", "models", "both", "neither"],
)
def test_claims_are_made_writable_for_steps(
    values: Any, places: set[str], register: str, tmp_path: Path
) -> None:
    jobs = [
        e for e in rendered("default", FOLLOWED | values, register, tmp_path) if e["kind"] == "Job"
    ]
    assert len(jobs) == (1 if places or register == "job" else 0)
    for job in jobs:
        pod = job["spec"]["template"]["spec"]
        assert pod["securityContext"]["fsGroup"] == 10001
        claimed = {
            each["name"]: each["persistentVolumeClaim"]
            for each in pod["volumes"]
            if "persistentVolumeClaim" in each
        }
        assert not any(each.get("readOnly") for each in claimed.values())
        mounted = {
            m["mountPath"] for m in pod["containers"][0]["volumeMounts"] if m["name"] in claimed
        }
        assert mounted == places
