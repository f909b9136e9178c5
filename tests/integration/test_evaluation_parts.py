"""All types of tasks are scored: through kills, in parts, with the means of the paper's table."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from statistics import fmean

import mteb
import pytest
from upath import UPath

from pipelines.evaluation.score import Keeping, Score
from pipelines.recipe.recipe import load_recipe
from pipelines.report.collected_scores import collected_scores, write_scores
from pipelines.run.folder import Run
from pipelines.steps import evaluate
from tests.integration.small_scores import TASKS, save_model, scores_of
from tests.integration.small_tasks import DEADLY, LOADED

pytestmark = pytest.mark.training

LABELS = ["Class.", "Clust.", "PairClass.", "Rerank", "Retr.", "STS", "Summ.", "Avg."]
IN_ORDER = ["Classify", "Cluster", "Pairs", "Rerank", "Retrieve", "Similar", "SimilarInTwo"]
IN_ORDER += ["Summarize", "Forum0", "Forum1", "Forum2"]
COUNTS = [1, 1, 1, 1, 2, 2, 1, 9]
PARTS = 3
FILES = {f"{name}.json" for name in (*IN_ORDER[-3:], "Forums")}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tells which tasks were scored from now on."""
    monkeypatch.setenv(LOADED, str(tmp_path / "loaded"))
    (tmp_path / "loaded").touch()
    return tmp_path / "loaded"


@pytest.fixture(scope="module")
def scores(model: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Score]:
    """All of them, by one process."""
    return scores_of(model, Keeping(tmp_path_factory.mktemp("whole")))


def test_after_a_kill_only_what_was_not_finished_is_scored(
    model: Path, scores: list[Score], loaded: Path, tmp_path: Path
) -> None:
    program = [sys.executable, "-m", "tests.integration.small_scores", str(model), str(tmp_path)]
    environment = os.environ | {DEADLY: "Forum1"}
    killed = subprocess.run(program, env=environment, timeout=300)
    assert killed.returncode == -signal.SIGKILL
    assert loaded.read_text().split() == IN_ORDER[:-1]
    loaded.write_text("")
    again = scores_of(model, Keeping(tmp_path))
    assert loaded.read_text().split() == IN_ORDER[-2:]
    assert [each.value for each in again] == [each.value for each in scores]


def test_parts_that_run_side_by_side_give_the_same_scores_and_their_means(
    model: Path, scores: list[Score], loaded: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    (run / "models").mkdir(parents=True)
    (run / "models/embedder").symlink_to(model)
    changes = [f"evaluate.tasks={TASKS}", f"evaluate.shard_count={PARTS}", "evaluate.base=false"]
    changes.append("evaluate.controls=[]")
    for shard in reversed(range(PARTS)):
        evaluate.STEP.call(run=str(run), set=changes, shard=str(shard))  # type: ignore[arg-type]
    assert sorted(loaded.read_text().split()) == sorted(IN_ORDER)
    finished = Run(UPath(run), load_recipe("laptop", changes))
    write_scores(finished, collected_scores(finished))
    found = json.loads((run / "scores.json").read_text())
    assert [row["trained"] for row in found["scores"]] == [each.value for each in scores]
    (table,) = found["means"]
    assert list(table["task_counts"].items()) == list(zip(LABELS, COUNTS, strict=True))
    means = table["means"]["trained"]
    assert means["Avg."] == pytest.approx(fmean(each.value for each in scores))
    assert means["STS"] == pytest.approx(fmean(s.value for s in scores if s.kind == "STS"))
    settings = next(run.glob("evaluation/results/*/*/run_settings.jsonl")).read_text()
    assert {json.loads(line)["task"] for line in settings.splitlines()} == {
        path.stem for path in run.glob("evaluation/results/*/*/*.json")
    } - {"model_meta"}


def test_a_task_of_several_forums_is_one_task_whose_score_is_their_mean(
    scores: list[Score],
) -> None:
    assert len(scores) == 9
    assert scores[-1].task.endswith("#Forums")
    assert scores[-1].value == pytest.approx(scores[4].value)  # the forums are alike


def test_mteb_reads_what_is_kept(model: Path, scores: list[Score], tmp_path: Path) -> None:
    scores_of(model, Keeping(tmp_path), f"{TASKS}#MockSTSTask")
    cache = mteb.ResultCache(tmp_path)
    revision = scores[0].revision
    found = cache.load_task_result("MockSTSTask", "littlegiants/trained", revision)
    assert found and found.get_score() == scores[5].value


def test_the_bases_scores_are_found_by_another_run(
    model: Path, scores: list[Score], loaded: Path, tmp_path: Path
) -> None:
    shared = {"trained": UPath("memory://shared/base-scores")}
    for folder, count in (("one", 1), ("two", 0)):
        found = scores_of(model, Keeping(tmp_path / folder, shared), f"{TASKS}#Forums")
        assert [each.value for each in found] == [scores[-1].value]
        assert loaded.read_text().split() == IN_ORDER[-3:] * count
        assert {each.name for each in (tmp_path / folder).glob("results/*/*/Forum*.json")} == FILES
        loaded.write_text("")
    save_model(tmp_path / "other", seed=1)
    scores_of(tmp_path / "other", Keeping(tmp_path / "two", shared), f"{TASKS}#Forums")
    assert loaded.read_text().split() == IN_ORDER[-3:]
