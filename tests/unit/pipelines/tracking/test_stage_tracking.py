"""Trackers are told of stages; one that cannot be told, for whatever reason, stops nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from upath import UPath

from pipelines.cli.step_flags import StepSettings
from pipelines.recipe.recipe import load_recipe
from pipelines.run.step import Step, Work
from pipelines.run.tally import Tally
from pipelines.tracking.entries import metrics_of, params_of
from pipelines.tracking.run_entries import RunEntries

Captured = pytest.CaptureFixture[str]
TRACKED = "tracking.to=[mlflow]"


def count(work: Work) -> Tally:
    """A stage that finds something."""
    return Tally(3, 2, detail={"asked": 3, "scores": [{"task": "sts", "trained": 0.5}]})


STEP = Step(
    title=lambda settings: "evaluate-0",
    settings=StepSettings,
    sections=lambda settings: (),
    reads=lambda settings: (),
    writes=lambda settings: (),
    body=count,
)


@pytest.fixture
def without_mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that breaks when it is imported, also in programs that are started."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "mlflow.py").write_text("raise ImportError('no such library here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))


@pytest.mark.usefixtures("without_mlflow")
def test_a_tracker_that_cannot_be_told_is_a_line_and_the_stage_is_done(
    tmp_path: Path, capsys: Captured
) -> None:
    STEP(StepSettings(run=str(tmp_path / "run"), set=[TRACKED]))
    assert (tmp_path / "run" / "stages" / "evaluate-0.json").exists()
    told = [line for line in capsys.readouterr().out.splitlines() if "[tracking]" in line]
    assert len(told) == 2, "one when it begins, one when it ends"
    assert all("not told of evaluate-0, which goes on" in line for line in told)
    assert all("no such library here" in line for line in told)


def test_nothing_is_kept_where_nobody_is_told(tmp_path: Path) -> None:
    STEP(StepSettings(run=str(tmp_path)))
    assert not (tmp_path / "tracking").exists()


def test_every_stage_on_every_machine_finds_the_same_run(tmp_path: Path) -> None:
    recipe = load_recipe("laptop", [TRACKED])
    first, second = (RunEntries(UPath(tmp_path), recipe).stage("seed", "abcdef00") for _ in "ab")
    assert first == second
    assert first.id == f"{first.parent}-seed-abcdef"


def test_headers_and_their_secrets_are_not_told() -> None:
    recipe = load_recipe("laptop", ["teacher.headers={X-Key: hidden}"])
    told = params_of(recipe)
    assert told["junior.batch_size"] == "8"
    assert "hidden" not in json.dumps(told)


def test_a_records_numbers_are_told_under_their_names(tmp_path: Path) -> None:
    STEP(StepSettings(run=str(tmp_path)))
    record = json.loads((tmp_path / "stages" / "evaluate-0.json").read_text())
    found = metrics_of(record)
    assert (found["in"], found["out"], found["asked"]) == (3, 2, 3)
    assert found["scores.sts.trained"] == 0.5
    assert "key" not in found


def test_a_runs_totals_have_the_scores_of_all_parts(tmp_path: Path) -> None:
    STEP(StepSettings(run=str(tmp_path)))
    other = replace(STEP, title=lambda settings: "evaluate-1", body=count_other)
    other(StepSettings(run=str(tmp_path)))
    recipe = load_recipe("laptop", ["evaluate.shard_count=2"])
    found = RunEntries(UPath(tmp_path), recipe).totals()
    assert found == {"scores.sts.trained": 0.5, "scores.retrieval.trained": 0.25}


def count_other(work: Work) -> Tally:
    """Another part of the same stage."""
    return Tally(1, 1, detail={"scores": [{"task": "retrieval", "trained": 0.25}]})
