"""Each heavy library is imported in its own door and nowhere else."""

import pytest

from tests.contract.sources import PRODUCT, files, imported

TRAINING = "pipelines/training/"
ENGINE = "services/generator/vllm_"
KFP = tuple(f"pipelines/{name}.py" for name in ("graph", "components", "pods", "submit", "local"))
DOORS = {
    "vllm": (ENGINE,),
    "kfp": KFP,
    "kfp_server_api": ("pipelines/submit.py",),
    "openai": ("pipelines/teacher.py",),
    "torch": (TRAINING, ENGINE),
    "transformers": (TRAINING, ENGINE),
    "trl": (TRAINING,),
    "peft": (TRAINING,),
    "sentence_transformers": (TRAINING,),
    "mteb": (TRAINING,),
    "datasets": (TRAINING,),
    "kserve": ("pipelines/promotion.py",),
    "kubernetes": tuple(
        f"pipelines/{name}.py" for name in ("promotion", "kserve_services", "trainjob")
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
