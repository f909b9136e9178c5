"""What fetches a model reaches it as its server's values say: by a proxy, from a mirror."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.chart.helm import template
from tests.contract.chart.rendered import CI, LOADER, Object

MIRROR = [{"name": "HF_ENDPOINT", "value": "https://mirror"}]
PROXY = [{"secretRef": {"name": "proxy"}}]
AUTHORITY = [{"name": "corporate", "mountPath": "/corporate"}]
VALUES: Any = {
    "storage": {"kind": "s3"},
    "generator": {
        "server": {"adapterBase": "hf://o/base"},
        "extraEnv": MIRROR,
        "extraEnvFrom": PROXY,
        "extraVolumes": [{"name": "corporate", "configMap": {"name": "corporate"}}],
        "extraVolumeMounts": AUTHORITY,
    },
    "teacher": {"enabled": True, "extraEnv": MIRROR},
}


def fetching(folder: Path, more: Any) -> list[Object]:
    """The containers that fetch something."""
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(VALUES | more), "utf-8")
    done = template(CI["default"], file)
    assert done.returncode == 0, done.stderr
    found = []
    for each in (each for each in yaml.load_all(done.stdout, LOADER) if each):
        spec = each.get("spec", {})
        pod = spec.get("predictor") or spec.get("template", {}).get("spec", {})
        found += pod.get("initContainers", [])
    return found


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({}, 7),
        ({"serving": {"backend": "kserve"}, "modelCache": {"claim": "hub"}}, 7),
    ],
    ids=["deployment", "kserve"],
)
def test_what_fetches_has_the_servers_environment(more: Any, count: int, tmp_path: Path) -> None:
    containers = fetching(tmp_path, more)
    assert len(containers) == count
    for each in containers:
        assert MIRROR[0] in each["env"]
    of_generators = [each for each in containers if "envFrom" in each]
    assert len(of_generators) == count - 1
    for each in of_generators:
        assert each["envFrom"] == PROXY
        assert AUTHORITY[0] in each["volumeMounts"]
