"""Where roles are adapters of one base, the base is in the pod before the server starts."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.chart.helm import template
from tests.contract.chart.rendered import LOADER, Object

S3 = {"kind": "s3", "s3": {"url": "s3://giants", "caSecret": "ca"}}
CLAIM = {"kind": "pvc"}
DIGEST = "0123456789abcdef0123456789abcdef"
SOURCES: dict[str, Any] = {
    "a channel": {"kind": "channel", "channel": {"url": "s3://giants/c", "digest": DIGEST}},
    "a channel on a claim": {"kind": "channel", "channel": {"url": "pvc://c/c", "digest": DIGEST}},
    "the store": {"kind": "s3", "s3": {"url": "s3://giants/adapter"}},
    "the hub": {"kind": "hf", "hf": {"repository": "o/adapter", "tokenSecret": "hub"}},
}


def render(folder: Path, values: Any) -> Any:
    """What Helm makes of these values."""
    (folder / "values.yaml").write_text(yaml.safe_dump(values), "utf-8")
    return template(folder / "values.yaml")


def pods(objects: list[Object], backend: str) -> list[tuple[Object, list[Object]]]:
    """Each role's container, and those before it."""
    of = {
        (each["kind"], each["metadata"]["name"]): each.get("spec", {}) for each in objects if each
    }
    if backend == "deployment":
        found = [spec["template"]["spec"] for (kind, _), spec in of.items() if kind == "Deployment"]
        return [(pod["containers"][0], pod.get("initContainers", [])) for pod in found]
    return [
        (
            of["ServingRuntime", name]["containers"][0],
            spec["predictor"].get("initContainers", []),
        )
        for (kind, name), spec in of.items()
        if kind == "InferenceService"
    ]


def volumes(objects: list[Object], kind: str) -> set[str]:
    """Names of the volumes that each pod has."""
    specs = [each["spec"] for each in objects if each and each["kind"] == kind]
    found = [
        (spec["template"]["spec"] if "template" in spec else spec)["volumes"] for spec in specs
    ]
    return set.intersection(*({each["name"] for each in volumes} for volumes in found))


@pytest.mark.parametrize("backend", ["deployment", "kserve"])
@pytest.mark.parametrize("claim", ["", "hub"], ids=["", "with a claim for models"])
@pytest.mark.parametrize(
    ("base", "storage", "source"),
    [
        ("hf://o/base@0123abc", S3, "a channel"),
        ("hf://o/base", S3, "the hub"),
        ("s3://giants/base", S3, "a channel"),
        ("s3://giants/base", S3, "the store"),
        ("s3://giants/base", S3, "the hub"),
        ("/store/base", CLAIM, "a channel on a claim"),
        ("/store/base", CLAIM, "the hub"),
    ],
)
def test_a_server_finds_its_base_and_its_model(
    base: str, storage: Any, source: str, claim: str, backend: str, tmp_path: Path
) -> None:
    generator = {"server": {"adapterBase": base}, "source": SOURCES[source]}
    values = {"serving": {"backend": backend}, "storage": storage, "generator": generator}
    done = render(tmp_path, values | {"modelCache": {"claim": claim}})
    assert done.returncode == 0, done.stderr
    objects = list(yaml.load_all(done.stdout, LOADER))
    there = volumes(objects, "Deployment" if backend == "deployment" else "ServingRuntime")
    found = pods(objects, backend)
    assert len(found) == 3
    for server, before in found:
        assert len({each["name"] for each in before}) == len(before)
        told = dict(each.removeprefix("--").partition("=")[::2] for each in server["args"])
        fetched = {each["args"][2].removeprefix("--target="): each["args"][1] for each in before}
        mounts = {each["mountPath"]: each["name"] for each in server["volumeMounts"]}
        for container in (server, *before):
            assert {each["name"] for each in container["volumeMounts"]} <= there
        if "://" in base:
            assert fetched[told["adapter-base"]].startswith(f"--source={base}")
            assert told["adapter-base"].startswith("/var/lib/littlegiants/")
        else:
            assert told["adapter-base"] == base
            assert mounts["/store"] == "store"
        if backend == "deployment" and "model" in told:
            assert told["model"] in fetched


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("s3://giants/base", "an s3:// URL needs storage.kind s3"),
        ("gs://giants/base", "gs://giants/base is no hf:// or s3:// URL"),
    ],
)
@pytest.mark.parametrize("backend", ["deployment", "kserve"])
def test_a_base_that_nobody_can_fetch_is_refused(
    base: str, message: str, backend: str, tmp_path: Path
) -> None:
    generator = {"server": {"adapterBase": base}}
    refused = render(tmp_path, {"serving": {"backend": backend}, "generator": generator})
    assert refused.returncode != 0
    assert f"generator.server.adapterBase: {message}" in refused.stderr
