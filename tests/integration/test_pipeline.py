"""The compiled pipeline through kfp.local: real engines, real training, a scripted teacher."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from littlegiants.tasks import digest
from pipelines.accounts import STAGES
from pipelines.recipe import load_recipe, resolved
from pipelines.scripted_teacher import ScriptedTeacher, scripted_teacher
from tests.integration.scripts import fill_schema
from tests.integration.tiny_model import make_tiny_model

pytestmark = pytest.mark.pipeline

TINY = [
    "topics.count=12",
    "seeds.count=6",
    "examples.seeds=[examples/seeds/sts.jsonl]",
    "examples.corrections=[examples/corrections/matching_sts.jsonl]",
    "junior.max_length=512",
    "junior.batch_size=32",
    "junior.epochs=0.3",
    "propose.count=6",
    "propose.candidate_count=3",
    "propose.constrained=true",
    "judge.teacher_count=3",
    "judge.least_margin=0",
    "correct.count=3",
    "synthesize.count=24",
    "serving.max_seqs=16",
    "serving.kv_cache_gib=0.25",
    "embedder.epochs=1",
    "embedder.batch_size=8",
    "evaluate.tasks=[stdlib-retrieval]",
    "evaluate.query_count=10",
    "evaluate.document_count=30",
]


@pytest.fixture(scope="module")
def model(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two small layers."""
    return make_tiny_model(smollm2, tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def teacher() -> Any:
    """A teacher that makes words up."""
    with scripted_teacher(fill_schema) as served:
        yield served


@pytest.fixture(scope="module")
def run(model: Path, teacher: ScriptedTeacher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    outcome = start(model, teacher, folder)
    assert outcome.returncode == 0, outcome.stdout[-6000:]
    return folder


def start(model: Path, teacher: ScriptedTeacher, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command of `make demo`, with a smaller recipe."""
    models = [f"models.{name}={model}" for name in ("generator", "embedder")]
    changes = [part for change in (*TINY, *models) for part in ("--set", change)]
    command = [sys.executable, "-m", "pipelines", "run", "--run", str(folder)]
    return subprocess.run(
        [*command, "--teacher", teacher.url, *changes],
        env={**os.environ, "OPENAI_API_KEY": "scripted", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def summary(run: Path) -> dict[str, Any]:
    """What the run says of itself."""
    return dict(json.loads((run / "summary.json").read_text()))


def test_no_stage_is_missing(summary: dict[str, Any]) -> None:
    assert [stage["name"] for stage in summary["stages"]] == list(STAGES)


def test_every_item_is_accounted_for(summary: dict[str, Any]) -> None:
    for stage in summary["stages"]:
        assert stage["in"] == stage["out"] + sum(stage["dropped"].values()), stage["name"]


def test_rows_name_the_weights_that_wrote_them(run: Path) -> None:
    rows = [json.loads(line) for line in (run / "data" / "dataset.jsonl").open()]
    senior = json.loads((run / "weights" / "senior" / "current.json").read_text())["digest"]
    assert rows
    assert {row["senior"]["weights_digest"] for row in rows} == {senior}


def test_the_budget_counts_every_request(summary: dict[str, Any], teacher: ScriptedTeacher) -> None:
    assert summary["teacher"]["calls"] == len(teacher.requests)


def test_the_report_is_written(run: Path) -> None:
    assert "</html>" in (run / "report.html").read_text()


def test_starting_again_asks_and_trains_nothing(
    run: Path, model: Path, teacher: ScriptedTeacher
) -> None:
    asked, before = len(teacher.requests), (run / "data" / "dataset.jsonl").read_bytes()
    outcome = start(model, teacher, run)
    assert outcome.returncode == 0
    assert outcome.stdout.count("done before") == len(STAGES) + 1
    assert len(teacher.requests) == asked
    assert (run / "data" / "dataset.jsonl").read_bytes() == before


def test_the_compiled_graph_is_the_committed_one(tmp_path: Path) -> None:
    compiled = tmp_path / "speed.yaml"
    subprocess.run(
        [sys.executable, "-m", "pipelines", "compile", "--output", str(compiled)], check=True
    )
    assert compiled.read_text() == Path("pipelines/speed.yaml").read_text()


def test_a_recipe_survives_being_passed_as_text() -> None:
    recipe = load_recipe("laptop")
    assert digest(resolved(load_recipe(yaml.safe_dump(resolved(recipe))))) == digest(
        resolved(recipe)
    )
