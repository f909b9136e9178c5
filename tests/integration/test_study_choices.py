"""The recipe's own embedder is trained as each variant has it, scored, and not kept."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from upath import UPath

from pipelines.data.examples import read_examples
from pipelines.data.records import Seed
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from tests.integration.tiny_model import make_tiny_model

pytestmark = [pytest.mark.training, pytest.mark.slow]

VARIANTS = ("embedder.averaged_checkpoints=2", "embedder.temperature=0.02")
GROUP = "development sets, the embedder, seeds: 32 of 40 rows"


def test_a_variant_is_trained_for_each_seed_and_told(smollm2: Path, tmp_path: Path) -> None:
    base = make_tiny_model(smollm2, tmp_path / "tiny")
    run = tmp_path / "run"
    Run(UPath(run), load_recipe("laptop")).write(
        "seeds", read_examples(Seed, ("examples/seeds.jsonl",))[::8][:40]
    )
    command = [sys.executable, "-m", "pipelines", "study", "choices", "--run", str(run)]
    command += ["--rows", "seeds", "--seeds", "2", "--embedder"]
    command += [part for each in VARIANTS for part in ("--variants", each)]
    for change in (f"models.embedder={base}", "embedder.checkpoint_steps=2"):
        command += ["--set", change]
    done = subprocess.run(
        command,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.stdout.count("checkpoints averaged: steps") == 2
    found = json.loads((run / "study-choices.json").read_text())["downstream"][GROUP]
    assert [step["better"] for step in found["steps"]] == list(VARIANTS)
    assert len(list((run / "study-choices-points").glob("*.json"))) == 7
    assert list((run / "work/training").iterdir()) == []
