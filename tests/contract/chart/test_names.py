"""Names of a release and of its secrets' keys are what Kubernetes takes, whatever values say."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.chart.helm import CHART, REGISTRY, helm, template
from tests.contract.chart.rendered import CI, FOLLOWED, LOADER, placement_in

SERVICE = re.compile("[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
STORE = {"accesskey": "AWS_ACCESS_KEY_ID", "secretkey": "AWS_SECRET_ACCESS_KEY"}


@pytest.mark.parametrize("release", ["v1.2", "a", 53 * "x", f"{40 * 'x'}.y", f"{39 * 'x'}.y"])
def test_a_services_name_is_one_whatever_the_release_is_called(release: str) -> None:
    done = helm("template", release, CHART, "--values", REGISTRY, "--set", "admin.enabled=true")
    assert done.returncode == 0, done.stderr
    objects = [each for each in yaml.load_all(done.stdout, LOADER) if each]
    names = [each["metadata"]["name"] for each in objects if each["kind"] == "Service"]
    assert len(names) == 9
    assert all(SERVICE.fullmatch(each) for each in names)


def test_a_release_whose_services_would_begin_with_a_digit_is_refused() -> None:
    done = helm("template", "2nd", CHART, "--values", REGISTRY)
    assert "fullnameOverride: 2nd-littlegiants would begin the names of Services" in done.stderr
    named = ("--set", "fullnameOverride=second")
    assert helm("template", "2nd", CHART, "--values", REGISTRY, *named).returncode == 0


def test_a_stores_secret_may_call_its_keys_otherwise(tmp_path: Path) -> None:
    said: Any = {"secret": "artifacts", "url": "s3://giants"}
    said |= {"keys": {"accessKey": "accesskey", "secretKey": "secretkey"}}
    values: Any = {**FOLLOWED, "storage": {"kind": "s3", "s3": said}}
    values |= {"trainer": {"enabled": True}, "pipelines": {"register": "job"}}
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values), "utf-8")
    done = template(CI["default"], file)
    (told,) = placement_in(done).defaults.secret_variables
    assert (told.name, told.keys) == ("artifacts", STORE)
    objects = json.dumps([*yaml.load_all(done.stdout, LOADER)])
    keys = re.findall(r'"secretKeyRef": {"name": "artifacts", "key": "(\w+)"}', objects)
    keys += re.findall(r'"secretKeyRef": {"key": "(\w+)", "name": "artifacts"}', objects)
    assert Counter(keys) == dict.fromkeys(STORE, 4)
