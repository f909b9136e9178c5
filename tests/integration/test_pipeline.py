"""The compiled pipeline through kfp.local: real training, real services, scripted answers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from upath import UPath

from littlegiants.tasks import digest
from pipelines.generators.promotion import promote_weights
from pipelines.recipe.recipe import load_recipe, resolved
from pipelines.run.folder import Run
from pipelines.run.local_engines import free_port
from pipelines.run.stages import STAGES
from pipelines.scripted_teacher.server import ScriptedTeacher, scripted_teacher
from tests.integration.scripts import fill_schema
from tests.integration.tiny_model import make_tiny_model

pytestmark = pytest.mark.pipeline

ROLES = ("junior", "senior", "revisor")
TINY = [
    "topics.count=12",
    "seeds.count=6",
    "junior.batch_size=4",
    "junior.epochs=0.02",
    "senior.epochs=1",
    "revisor.batch_size=4",
    "revisor.epochs=0.1",
    "propose.count=6",
    "propose.candidate_count=3",
    "propose.constrained=true",
    "judge.teacher_count=3",
    "judge.least_margin=0",
    "correct.count=3",
    "curate.round_trip=0",
    "synthesize.count=24",
    "synthesize.shard_count=2",
    "embedder.epochs=1",
    "evaluate.tasks=[stdlib-retrieval]",
    "evaluate.query_count=10",
    "evaluate.document_count=30",
    "evaluate.controls=[]",
]


@pytest.fixture(scope="module")
def model(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two small layers."""
    return make_tiny_model(smollm2, tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def teacher() -> Iterator[ScriptedTeacher]:
    """A teacher that makes words up."""
    with scripted_teacher(fill_schema) as served:
        yield served


@pytest.fixture(scope="module")
def folder(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with weights for each role: a generator in service always serves some."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    for role in ROLES:
        promote_weights(Run(UPath(folder), load_recipe("laptop")), role, model)
    return folder


@pytest.fixture(scope="module")
def generators(folder: Path) -> Iterator[str]:
    """Running services that follow the channel; their addresses by role."""
    ports = {role: free_port() for role in ROLES}
    with ExitStack() as running:
        for role, port in ports.items():
            command = [sys.executable, "-m", "tests.integration.scripted_generator"]
            flags = ["--role", role, "--weights", str(folder / "weights"), "--poll-s", "0.2"]
            process = subprocess.Popen([*command, *flags, "--port", str(port)])
            running.callback(process.wait)
            running.callback(process.terminate)
        yield ",".join(f"{role}=127.0.0.1:{port}" for role, port in ports.items())


def start(
    model: Path,
    teacher: ScriptedTeacher,
    folder: Path,
    generators: str,
    *more: str,
    flags: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    """The command of `make demo`, with a smaller recipe and services that are running."""
    models = [f"models.{name}={model}" for name in ("generator", "embedder")]
    changes = [part for change in (*TINY, *models, *more) for part in ("--set", change)]
    places = ["--teacher", teacher.url, "--generators", generators]
    command = [sys.executable, "-m", "pipelines", "run", "--run", str(folder)]
    return subprocess.run(
        [*command, *places, *changes, *flags],
        env={**os.environ, "OPENAI_API_KEY": "scripted", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def run(model: Path, teacher: ScriptedTeacher, folder: Path, generators: str) -> Path:
    """A finished run."""
    outcome = start(model, teacher, folder, generators)
    assert outcome.returncode == 0, outcome.stdout[-6000:]
    return folder


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
    lines = (run / "data" / "dataset.jsonl").read_text().splitlines()
    senior = json.loads((run / "weights" / "senior" / "current.json").read_text())["digest"]
    assert {json.loads(line)["senior"]["weights_digest"] for line in lines} == {senior}


def test_the_budget_counts_every_request(summary: dict[str, Any], teacher: ScriptedTeacher) -> None:
    assert summary["teacher"]["calls"] == len(teacher.requests)


def test_the_report_is_written(run: Path) -> None:
    assert "</html>" in (run / "report.html").read_text()


@pytest.mark.slow
def test_starting_again_asks_and_trains_nothing_and_a_person_reads_along(
    run: Path, model: Path, teacher: ScriptedTeacher, generators: str
) -> None:
    gate, flags = run / "review" / "curate", ("--pause-after", "curate")
    asked, before = len(teacher.requests), (run / "data" / "dataset.jsonl").read_bytes()
    stopped = start(model, teacher, run, generators, flags=flags)
    shards = 2
    until_curate = STAGES.index("curate") + 1
    assert stopped.stdout.count("done before") == until_curate - 1 + shards
    assert len(teacher.requests) == asked
    assert (run / "data" / "dataset.jsonl").read_bytes() == before
    assert stopped.returncode == 4, stopped.stdout[-3000:]
    assert "[review-curate] waits for a person" in stopped.stdout
    rows = (run / "data" / "dataset.jsonl").read_text().splitlines()
    lines = (gate / "records.jsonl").read_text().splitlines()
    (gate / "records.jsonl").write_text("".join(f"{line}\n" for line in lines[1:]))
    command = [sys.executable, "-m", "pipelines", "review", "curate", "--run", str(run)]
    approved = subprocess.run([*command, "--approve"], check=True, capture_output=True, text=True)
    assert f"{len(rows) - 1} of {len(rows)} kept" in approved.stdout
    outcome = start(model, teacher, run, generators, flags=flags)
    assert outcome.returncode == 0, outcome.stdout[-3000:]
    assert (run / "data" / "dataset.jsonl").read_text().splitlines() == rows[1:]
    assert "[embed] done in" in outcome.stdout


def test_the_compiled_graph_is_the_committed_one(tmp_path: Path) -> None:
    compiled = tmp_path / "speed.yaml"
    command = [sys.executable, "-m", "pipelines", "compile", "--output", str(compiled)]
    subprocess.run(command, check=True)
    assert compiled.read_text() == Path("pipelines/speed.yaml").read_text()


def test_a_recipe_survives_being_passed_as_text() -> None:
    recipe = resolved(load_recipe("laptop"))
    assert digest(resolved(load_recipe(yaml.safe_dump(recipe)))) == digest(recipe)


@pytest.mark.slow
def test_the_run_goes_on_with_adapters_in_place_of_models(
    run: Path, model: Path, teacher: ScriptedTeacher, generators: str
) -> None:
    outcome = start(model, teacher, run, generators, "weights.form=adapter")
    assert outcome.returncode == 0, outcome.stdout[-6000:]
    for role in ROLES:
        channel = run / "weights" / role
        digest = json.loads((channel / "current.json").read_text())["digest"]
        names = {path.name for path in (channel / digest).iterdir()}
        assert names == {
            *("adapter_config.json", "adapter_model.safetensors"),
            *("base.json", "manifest.json"),
        }
    test_rows_name_the_weights_that_wrote_them(run)
