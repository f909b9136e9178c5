"""A run stands in real trackers: one run, its stages with numbers and loss curves, its page.

The trackers' libraries are no part of the lock: `pip install mlflow wandb trackio` beside it.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from pipelines.cli.step_flags import StepSettings
from pipelines.data.records import Seed, records_of
from pipelines.models.tiny_models import tiny_of_family
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Step, Work
from pipelines.run.tally import Tally
from pipelines.steps.finetune import STEP as FINETUNE
from pipelines.steps.finetune import FinetuneStepSettings

pytestmark = [
    pytest.mark.training,
    pytest.mark.timeout(1500),
    pytest.mark.filterwarnings("default"),
]

Captured = pytest.CaptureFixture[str]
START_S = 420
STEPS = 3


def end(work: Work) -> Tally:
    """The page of a run."""
    (work.run.folder / "report.html").write_text("<p>found</p>")
    return Tally(1, 1)


REPORT = Step(
    title=lambda settings: "report",
    settings=StepSettings,
    sections=lambda settings: (),
    reads=lambda settings: ("stages/finetune-junior.json",),
    writes=lambda settings: ("report.html",),
    body=end,
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_of_family("qwen", tmp_path_factory.mktemp("tracked") / "model")


@pytest.fixture
def changes(model: Path, tmp_path: Path) -> list[str]:
    """Of a recipe for a training of a few steps; its rows lie in the run."""
    few = [f"models.generator={model}", "junior.batch_size=2", "junior.epochs=1"]
    changes = [*few, "tracking.limit_s=240", "tracking.tags={team: words}"]
    run = Run(UPath(tmp_path / "run"), load_recipe("laptop", changes))
    run.write("seeds", records_of(Seed, UPath("examples/seeds.jsonl"))[: 2 * STEPS])
    return changes


def trained(run: Path, changes: list[str], *, work: str = "") -> None:
    """The junior's stage, as one pod does it."""
    FINETUNE(FinetuneStepSettings(run=str(run), set=changes, role="junior", work=work))


@contextmanager
def mlflow_server(folder: Path, port: int) -> Iterator[str]:
    """MLflow's own server over sqlite."""
    command = ["server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", f"{folder}/artifacts", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with (folder / "mlflow.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *command],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        limit = time.monotonic() + START_S
        while not is_there(f"{url}/health"):
            assert time.monotonic() < limit and process.poll() is None
            time.sleep(0.5)
        yield url
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def is_there(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def runs_in(url: str) -> tuple[Any, list[Any]]:
    """The run and its stages, as MLflow has them."""
    import mlflow

    client = mlflow.MlflowClient(url)
    experiment = client.get_experiment_by_name("littlegiants")
    found = client.search_runs([experiment.experiment_id])
    (whole,) = [each for each in found if "mlflow.parentRunId" not in each.data.tags]
    parts = [each for each in found if each is not whole]
    assert {each.data.tags["mlflow.parentRunId"] for each in parts} == {whole.info.run_id}
    return whole, sorted(parts, key=lambda each: each.info.start_time)


def test_mlflow_has_one_run_with_its_stages_curves_and_page_also_when_it_was_away(
    tmp_path: Path, changes: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    run, port, to = tmp_path / "run", free_port(), "tracking.to=[mlflow]"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    trained(run, [*changes, to])
    assert "mlflow: not told of finetune-junior, which goes on" in capsys.readouterr().out
    with mlflow_server(tmp_path, port) as url:
        again = [*changes, to, "junior.learning_rate=0.002"]
        trained(run, again, work=str(tmp_path / "another-pod"))
        REPORT(StepSettings(run=str(run), set=again))
        whole, (stage, report) = runs_in(url)
        client = mlflow.MlflowClient(url)
        assert {each.info.status for each in (whole, stage, report)} == {"FINISHED"}
        assert whole.data.params["junior.learning_rate"] == "0.002"
        assert whole.data.tags["team"] == "words"
        assert [each.path for each in client.list_artifacts(whole.info.run_id)] == ["report.html"]
        kept = json.loads((run / "stages" / "finetune-junior.json").read_text())
        assert stage.data.metrics["seconds"] == kept["seconds"]
        assert stage.data.tags["digest.models/junior"]
        curve = client.get_metric_history(stage.info.run_id, "loss")
        losses = [round(step["loss"], 4) for step in kept["detail"]["training"]]
        assert [round(point.value, 4) for point in curve] == losses
        assert len(losses) == STEPS
    capsys.readouterr()


@pytest.mark.parametrize("tracker", ["wandb", "trackio"])
def test_the_others_have_it_on_this_machine(
    tracker: str, tmp_path: Path, changes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(tracker, reason=f"{tracker} is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    run, told = tmp_path / "run", [*changes, f"tracking.to=[{tracker}]"]
    trained(run, told)
    REPORT(StepSettings(run=str(run), set=told))
    kept = [json.loads(path.read_text()) for path in (run / "tracking" / tracker).glob("*.json")]
    assert [each["state"] for each in kept] == ["finished"] * 3
    if tracker == "wandb":
        offline = list((run / "work" / "tracking" / "wandb").glob("offline-run-*"))
        assert {each.name.partition("-junior-")[0][-8:] for each in offline}
        assert any("finetune-junior" in each.name for each in offline)
    else:
        assert list((tmp_path / "trackio").rglob("*littlegiants*.db"))
