"""What the chart renders is valid, strictly, for every Kubernetes that it says it is for."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from kubernetes_validate import validate

from tests.contract.chart.helm import CHART, template
from tests.contract.chart.rendered import (
    CI,
    Object,
    named,
    objects,
    pairs,
    text,
    versions,
)

CRDS = Path(__file__).with_name("crds")
FOREIGN = {
    ("cert-manager.io/v1", "Certificate"),
    ("gateway.networking.k8s.io/v1", "GRPCRoute"),
    ("keda.sh/v1alpha1", "ScaledObject"),
    ("monitoring.coreos.com/v1", "PodMonitor"),
    ("monitoring.coreos.com/v1", "ServiceMonitor"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
    ("pipelines.kubeflow.org/v2beta1", "Pipeline"),
    ("pipelines.kubeflow.org/v2beta1", "PipelineVersion"),
}
"""Kinds whose schemas are not in the repository."""


def closed(schema: Any) -> Any:
    """The schema with unknown fields refused, wherever an object lists its own."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        inner.setdefault("additionalProperties", False)
    return inner


@cache
def crds() -> dict[tuple[str, str], jsonschema.Draft7Validator]:
    """Strict validators of the kinds of KServe and Kubeflow Trainer."""
    found = {}
    for file in sorted(CRDS.glob("*.json")):
        spec = json.loads(file.read_text("utf-8"))["spec"]
        for version in spec["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            schema["properties"]["metadata"] = {"type": "object"}
            validator = jsonschema.Draft7Validator({**closed(schema)})
            found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = validator
    return found


def faults(each: Object, version: str) -> list[str]:
    """What is wrong with an object; nothing for kinds without a schema."""
    kind = each["apiVersion"], each["kind"]
    if kind in crds():
        return [f"{e.json_path}: {e.message}" for e in crds()[kind].iter_errors(each)]
    if kind in FOREIGN:
        return []
    try:
        validate(each, version, strict=True)
    except Exception as error:  # noqa: BLE001
        return [f"{kind}: {error}"]
    return []


CHECKED: set[tuple[str, str]] = set()
"""Objects that are valid for a version: most are the same in many values files."""


@pytest.mark.parametrize(("name", "version"), pairs())
def test_every_object_is_valid(name: str, version: str) -> None:
    found = []
    for each in objects(name, version):
        key = version, json.dumps(each, sort_keys=True)
        if key not in CHECKED:
            found += [f"{named(each)}: {fault}" for fault in faults(each, version)]
            CHECKED.add(key)
    assert not found


def test_the_newest_and_the_oldest_are_among_the_versions() -> None:
    assert versions()[0] == "1.28"
    assert len(versions()) >= 10
    assert {version for name, version in pairs() if name == "image-volume"} < set(versions())


def test_strictness_refuses_an_unknown_field_of_each_schema() -> None:
    for name, kind in (("kserve", "InferenceService"), ("kserve", "TrainingRuntime")):
        (each, *_) = (each for each in objects(name) if each["kind"] == kind)
        assert not faults(each, "1.34")
        assert faults({**each, "spec": {**each["spec"], "surprise": 1}}, "1.34")


def test_an_older_kubernetes_is_refused() -> None:
    refused = template(CI["default"], version="1.27.0")
    assert "incompatible with Kubernetes v1.27.0" in refused.stderr


def test_image_volumes_are_refused_where_there_are_none() -> None:
    refused = template(CI["image-volume"], version="1.30.0")
    assert "oci needs Kubernetes 1.31 or newer (image volumes); use pvc or s3" in refused.stderr


@pytest.mark.parametrize("name", CI)
def test_rendering_twice_gives_the_same(name: str) -> None:
    assert template(CI[name]).stdout == text(name)


def test_no_shell_runs_anywhere() -> None:
    every = "".join(path.read_text("utf-8") for path in (CHART / "templates").rglob("*.*"))
    assert "bash" not in every
    assert "sh -c" not in every
