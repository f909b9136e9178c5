"""`--teacher local`: a model is started for the step and asked as any teacher is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.kinds import Kind
from littlegiants.tasks import Task
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from tests.integration.tiny_model import make_tiny_model

CHANGES = (
    *("topics.count=4", "brainstorm.list_length=1", "brainstorm.shots=0"),
    *("teacher.max_tokens=60", "serving.max_model_len=1024", "serving.max_seqs=4"),
    "serving.kv_cache_gib=0.1",
)


@pytest.mark.engine
def test_a_local_model_answers_every_question(smollm2: Path, tmp_path: Path) -> None:
    model = make_tiny_model(smollm2, tmp_path / "tiny")
    changes = (*CHANGES, f"models.teacher={model}")
    command = [sys.executable, "-m", "pipelines.steps.brainstorm", "--teacher", "local"]
    command += ["--run", str(tmp_path / "run"), *(f"--set={change}" for change in changes)]
    outcome = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    run = Run(UPath(tmp_path / "run"), load_recipe("laptop", changes))
    record = run.stage("brainstorm") or {}
    given = sum(task.kind is Kind.STS for task in run.read(Task, "tasks"))
    asked = record["in"] - given
    assert record["teacher"]["calls"] == asked > 0
    assert record["teacher"]["completion_tokens"] > 0
    assert "refused_parameters" not in record["detail"]
