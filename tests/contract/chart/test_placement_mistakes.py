"""A mistake in a placement, which `job` would end in, Helm refuses before, as for `crd`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from pipelines.kubeflow.placement import Placement
from tests.contract.chart.helm import template
from tests.contract.chart.rendered import CI
from tests.contract.chart.values import SCHEMA
from tests.contract.sources import ROOT

FOLDER = "/pipelines/placement"
TWICE = [{"name": "a", "path": "/a"}, {"name": "a", "path": "/b"}]
MISTAKES: dict[str, tuple[Any, str]] = {
    "no key": ({"trainig": {}}, f"at '{FOLDER}': additional properties 'trainig' not allowed"),
    "no stage": ({"stages": {"finetune_junior": {"shm": "1Gi"}}}, "'finetune-junior', 'promote-"),
    "no field": (
        {"stages": {"embed": {"gpus": 1}}},
        f"at '{FOLDER}/stages/embed': additional properties 'gpus' not allowed",
    ),
    "no part of a field": (
        {"defaults": {"accelerator": {"cuont": 1}}},
        f"at '{FOLDER}/defaults/accelerator': additional properties 'cuont' not allowed",
    ),
    "no size": ({"defaults": {"shm": "many"}}, f"at '{FOLDER}/defaults/shm': 'many' does not"),
    "no argument": (
        {"arguments": {"chanel": "s3://x"}},
        f"at '{FOLDER}/arguments': additional properties 'chanel' not allowed",
    ),
    "no role": ({"generator_gpus": {"teacher": 1}}, "'junior', 'senior', 'revisor'"),
    "no path": ({"defaults": {"claims": [{"name": "a"}]}}, "claims/0': missing property 'path'"),
    "tried again in a loop": (
        {"stages": {"synthesize": {"retries": 2}}},
        "stages.synthesize.retries: Kubeflow Pipelines ignores retries in a loop",
    ),
    "two volumes of a name": (
        {"stages": {"seed": {"claims": TWICE}}},
        "stage seed: claims and secret_files name a twice",
    ),
    "processes without a GPU": (
        {"training": {"devices": 4}, "stages": {"embed": {"accelerator": {"count": 1}}}},
        "training.devices: is 4, but stage finetune-junior has 1 accelerators",
    ),
}


@pytest.mark.parametrize("register", ["job", "crd"])
@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_refused_by_name(case: str, register: str, tmp_path: Path) -> None:
    placement, message = MISTAKES[case]
    with pytest.raises(ValidationError):
        Placement.model_validate(placement)
    told = {"pipelines": {"register": register, "placement": placement}}
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(told), "utf-8")
    done = template(CI["gpu-three"], tmp_path / "values.yaml")
    assert done.returncode and message in done.stderr


def test_the_values_schema_has_the_placements_own() -> None:
    """`python charts/generate.py` writes it anew."""
    shown = (
        sys.executable,
        "-c",
        "import charts.generate as g, json; print(json.dumps(g.placement_schema()))",
    )
    done = subprocess.run(shown, check=True, capture_output=True, text=True, cwd=ROOT)
    assert SCHEMA["$defs"]["placement"] == json.loads(done.stdout)
