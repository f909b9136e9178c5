"""What a run loads itself is made ready on its own machine; a bought teacher is none of it."""

from pathlib import Path

import pytest
from upath import UPath

from pipelines.forecast.plan import plan
from pipelines.models.model_folders import models_needed
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.scripted_teacher.server import scripted_teacher
from pipelines.steps.prepare import STEP, PrepareSettings


def test_a_bought_teachers_model_is_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "scripted")
    changes = ["models.teacher=hf:org/bought-elsewhere", "evaluate.tasks=[NFCorpus]"]
    changes += [f"models.{name}=shipped:all-minilm-l6-v2" for name in ("generator", "embedder")]
    with scripted_teacher(lambda request: '{"tasks": ["Match a tool to a chore."]}') as served:
        settings = PrepareSettings(run=str(tmp_path), set=changes, teacher=served.url)
        STEP(settings)
    record = Run(UPath(tmp_path), load_recipe("laptop")).stage("prepare")
    assert record and record["detail"]["models"] == ["shipped:all-minilm-l6-v2"]


@pytest.mark.parametrize(("teacher", "billions"), [("openai", 8 + 7 + 0.109), ("local", 85.109)])
def test_the_forecast_counts_the_models_that_are_fetched(teacher: str, billions: float) -> None:
    recipe = load_recipe("paper-8b")
    assert (recipe.models.teacher in models_needed(recipe, teacher)) == (teacher == "local")
    prepare = next(each for each in plan(recipe, teacher) if each.stage == "prepare")
    assert prepare.bytes == pytest.approx(2e9 * billions)


def test_in_an_object_store_prepare_looks_and_fetches_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    UPath("memory://bucket").fs.store.clear()
    STEP(PrepareSettings(run="memory://bucket/run", set=["evaluate.tasks=[stdlib-retrieval]"]))
    run = Run(UPath("memory://bucket/run"), load_recipe("laptop"))
    record = run.stage("prepare")
    assert record and "evaluation" not in record["detail"]
    assert list(tmp_path.iterdir()) == []
    assert plan(run.recipe, "openai", is_local=False)[0].bytes == 0


def test_in_a_pod_whose_folder_is_a_claim_prepare_fetches_nothing_either(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.chdir(tmp_path)
    changes = ["evaluate.tasks=[stdlib-retrieval]"]
    STEP(PrepareSettings(run=str(tmp_path / "run"), set=changes))
    assert [each.name for each in tmp_path.iterdir()] == ["run"]
