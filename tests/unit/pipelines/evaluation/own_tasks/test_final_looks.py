"""A look at a final set counts whoever takes it, before it is taken, and once."""

import json
from pathlib import Path

import pytest
from upath import UPath

from pipelines.cli.step_flags import FolderSettings
from pipelines.evaluation.own_tasks.evaluation_sets import DEVELOPMENT, FINAL, PACKAGES, final_names
from pipelines.evaluation.own_tasks.final_looks import final_looks
from pipelines.evaluation.score import Keeping, Reading, evaluate
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.steps.evaluate import scores_of
from tests.integration.small_scores import save_model

CLOUD = "module:pipelines/evaluation/own_tasks/../own_tasks/package_sets.py#CloudOperations"


def work_in(folder: Path, name: str) -> Work:
    """A stage or study of a run that is scored on a final set, and on another."""
    tasks = f"evaluate.tasks=[{CLOUD}, {DEVELOPMENT[1]}]"
    run = Run(UPath(folder), load_recipe("laptop", [tasks, "evaluate.controls=[]"]))
    return Work(name, run, FolderSettings(run=str(folder)))


def looks_of(work: Work) -> list[list[str]]:
    path = work.run.folder / "final-looks.json"
    return [[look["study"], look["sets"]] for look in json.loads(path.read_text("utf-8"))]


def test_every_look_at_a_final_set_counts_whatever_study_takes_it(tmp_path: Path) -> None:
    run = UPath(tmp_path)
    assert final_looks(run, "study-trial", ["stdlib-retrieval"]) == []
    final_looks(run, "study-scaling", ["smoke", FINAL[0]])
    looks = final_looks(run, "study-choices", FINAL)
    assert [each["study"] for each in looks] == ["study-scaling", "study-choices"]
    assert looks[1]["sets"] == "Papers, CloudOperations, LeeNews"


@pytest.mark.parametrize(
    ("reference", "names"),
    [
        (CLOUD, ["CloudOperations"]),
        (f"module:{PACKAGES}", ["Papers", "CloudOperations", "LeeNews"]),
        (DEVELOPMENT[1], []),
        ("module:other.py#Papers", []),
        ("NFCorpus", []),
    ],
)
def test_a_final_set_is_known_however_it_is_named(reference: str, names: list[str]) -> None:
    assert final_names([reference]) == names


def test_what_a_recipe_is_scored_on_counts_once_for_each_score(tmp_path: Path) -> None:
    one, other = (save_model(tmp_path / name, seed=n) for n, name in enumerate(("one", "other")))
    stage = work_in(tmp_path / "run", "evaluate-0")
    scores_of(stage, {"base": other, "trained": one}, shard=0)
    assert looks_of(stage) == [["evaluate-0", "CloudOperations"]]
    scores_of(stage, {"base": other, "trained": one}, shard=0)  # all is kept
    ablation = work_in(tmp_path / "run", "ablation")
    scores_of(ablation, {"base": other, "trained": one})
    assert len(looks_of(stage)) == 1
    scores_of(ablation, {"base": other, "trained": one, "shuffled": other})
    assert looks_of(stage)[1:] == [["ablation", "CloudOperations"]]


def test_a_look_that_cannot_be_written_down_is_not_taken(tmp_path: Path) -> None:
    def fails(task: str) -> None:
        raise PermissionError(task)

    keeping = Keeping(tmp_path / "kept", looking=fails)
    with pytest.raises(PermissionError, match="CloudOperations"):
        evaluate(
            {"trained": save_model(tmp_path / "one")},
            [FINAL[1]],
            keeping=keeping,
            reading=Reading(dtype="float32"),
        )
    assert not list(tmp_path.glob("kept/**/CloudOperations.json"))
