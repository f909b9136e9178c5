"""A node of a training reaches the run, the store and the hub as the steps do."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.chart.helm import template
from tests.contract.chart.rendered import CI, FOLLOWED, LOADER

HUB = "/var/cache/littlegiants/huggingface"
CA = {"name": "corporate", "path": "/corporate"}
OTHER = {"name": "other", "path": "/store", "sub_path": "giants"}
CACHE = {"name": "checkpoints", "path": "/var/lib/littlegiants/.cache"}


def mounted(folder: Path, values: Any) -> dict[str, str]:
    """By path, the claim or the secret that a node has there, with its folder in it."""
    told = {"trainer": {"enabled": True, "nodes": 2}, "modelCache": {"claim": "hub"}, **values}
    (folder / "values.yaml").write_text(yaml.safe_dump(FOLLOWED | told), "utf-8")
    done = template(CI["default"], folder / "values.yaml")
    assert done.returncode == 0, done.stderr
    objects = [each for each in yaml.load_all(done.stdout, LOADER) if each]
    (runtime,) = (each for each in objects if each["kind"] == "TrainingRuntime")
    (job,) = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    pod = job["template"]["spec"]["template"]["spec"]
    named = {
        each["name"]: each.get("persistentVolumeClaim", {}).get("claimName")
        or each.get("secret", {}).get("secretName")
        for each in pod["volumes"]
    }
    assert len(named) == len(pod["volumes"])
    return {
        each["mountPath"]: "/".join(filter(None, (named[each["name"]], each.get("subPath"))))
        for each in pod["containers"][0]["volumeMounts"]
        if named[each["name"]]
    }


@pytest.mark.parametrize(
    ("where", "store"),
    [({"token": True}, {"/store": "lg-littlegiants-store"}), ({}, {})],
    ids=["the release's namespace", "another"],
)
def test_a_node_has_the_claim_where_it_is(where: Any, store: Any, tmp_path: Path) -> None:
    values = {"storage": {"kind": "pvc"}, "pipelines": where}
    assert mounted(tmp_path, values) == {HUB: "hub", **store}


def test_a_node_has_what_is_said_for_all_stages(tmp_path: Path) -> None:
    placed = {"defaults": {"claims": [OTHER, CACHE], "secret_files": [CA]}}
    values = {"storage": {"kind": "pvc"}, "pipelines": {"register": "job", "placement": placed}}
    found = mounted(tmp_path, values)
    assert found == {HUB: "hub", "/store": "other/giants", "/corporate": "corporate"}


def test_a_node_has_the_stores_ca_and_not_the_generators(tmp_path: Path) -> None:
    store = {"kind": "s3", "s3": {"url": "s3://giants", "caSecret": "store-ca"}}
    told = {"caSecret": "generators-ca", "clientSecret": "steps"}
    found = mounted(tmp_path, {"storage": store, "pipelines": told})
    assert found == {HUB: "hub", "/etc/littlegiants/store-ca": "store-ca"}
