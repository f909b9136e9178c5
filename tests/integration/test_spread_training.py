"""A training step in two processes under torchrun gives one model and one record."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.data.examples import read_examples
from pipelines.data.records import Seed
from tests.integration.tiny_model import make_tiny_model

pytestmark = [pytest.mark.training, pytest.mark.slow]


@pytest.fixture(scope="module")
def run(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with seeds, and a tiny model beside it."""
    from upath import UPath

    from pipelines.recipe.recipe import load_recipe
    from pipelines.run.folder import Run

    folder = tmp_path_factory.mktemp("spread")
    make_tiny_model(smollm2, folder / "tiny")
    run = Run(UPath(folder / "run"), load_recipe("laptop"))
    run.write("seeds", read_examples(Seed, ("examples/seeds.jsonl",))[:16])
    return folder


def finetune(folder: Path, *flags: str, devices: int = 2) -> subprocess.CompletedProcess[str]:
    """The step, told by the environment that its pod has so many devices."""
    changes = {
        "models.generator": folder / "tiny",
        "junior.batch_size": 4,
        "junior.micro_batch_size": 2,
        "junior.epochs": 1,
        "junior.checkpoint_steps": 2,
        "junior.averaged_checkpoints": 2,
    }
    sets = [part for name, value in changes.items() for part in ("--set", f"{name}={value}")]
    command = [sys.executable, "-m", "pipelines.steps.finetune", "--run", str(folder / "run")]
    environment = {"LITTLEGIANTS_TRAINING_DEVICES": str(devices), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, *sets, *flags],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=500,
    )


def test_two_processes_train_one_model(run: Path) -> None:
    outcome = finetune(run)
    assert outcome.returncode == 0, outcome.stdout[-5000:]
    assert "torchrun starts 2 processes" in outcome.stdout
    record = json.loads((run / "run/stages/finetune-junior.json").read_text())
    assert record["in"] == record["out"] + sum(record["dropped"].values()) == 16
    assert record["detail"]["averaged"]["steps"] == [2, 4]
    assert record["detail"]["training"]
    assert (run / "run/models/junior/config.json").exists()
    assert outcome.stdout.count("[finetune-junior] done in") == 1


def test_what_is_done_is_not_done_again(run: Path) -> None:
    outcome = finetune(run)
    assert outcome.returncode == 0
    assert "done before" in outcome.stdout
    assert "torchrun" not in outcome.stdout


def test_a_failure_of_a_process_is_the_steps(run: Path) -> None:
    outcome = finetune(run, "--set", "junior.max_length=4", devices=3)
    assert outcome.returncode == 2
    assert "trains on 2 of 3 devices: 4 rows" in outcome.stdout
    assert outcome.stdout.splitlines()[-1].startswith("error: max_length: none of")
