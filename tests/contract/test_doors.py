"""Each heavy library is imported in its own door and nowhere else."""

import pytest

from tests.contract.sources import PRODUCT, files, imported

MODELS = "pipelines/models/"
TRAINING = "pipelines/training/"
EVALUATION = "pipelines/evaluation/"
PROBE = "pipelines/probe/"
ENGINE = (
    "services/generator/engine/",
    "services/generator/vllm_teacher.py",
    "services/generator/vllm_bench.py",
)
KUBEFLOW = "pipelines/kubeflow/"
DOORS = {
    "vllm": ENGINE,
    "kfp": (KUBEFLOW,),
    "kfp_server_api": (KUBEFLOW,),
    "openai": ("pipelines/openai_client/",),
    "aiohttp": ("pipelines/openai_client/",),
    "torch": (MODELS, TRAINING, PROBE, EVALUATION, *ENGINE),
    "transformers": (MODELS, TRAINING, *ENGINE),
    "trl": (TRAINING,),
    "peft": (MODELS, TRAINING),
    "sentence_transformers": (MODELS, TRAINING, PROBE, EVALUATION),
    "mteb": (EVALUATION,),
    "datasets": (TRAINING, EVALUATION),
    "mlflow": ("pipelines/tracking/to_mlflow.py",),
    "wandb": ("pipelines/tracking/to_wandb.py",),
    "trackio": ("pipelines/tracking/to_trackio.py",),
    "kserve": ("pipelines/generators/kserve_client.py",),
    "kubernetes": (
        "pipelines/generators/kserve_client.py",
        "pipelines/distributed/trainjobs_api.py",
    ),
}


@pytest.mark.parametrize("library", DOORS)
def test_a_library_has_one_door(library: str) -> None:
    elsewhere = [
        f"{file}:{line}"
        for file in files(*PRODUCT)
        if not file.startswith(DOORS[library])
        for package, line in imported(file)
        if package == library
    ]
    assert not elsewhere, f"import {library} only in {' or '.join(DOORS[library])}"


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("littlegiants", {"services", "pipelines"}),
        ("services", {"pipelines"}),
        ("pipelines", {"services"}),
    ],
)
def test_the_two_sides_do_not_know_each_other(folder: str, forbidden: set[str]) -> None:
    crossed = [
        f"{file}:{line} imports {package}"
        for file in files(folder)
        for package, line in imported(file)
        if package in forbidden
    ]
    assert not crossed
