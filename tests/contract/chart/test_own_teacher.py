"""A run that the release's own teacher teaches asks it by its name, and pays it nothing."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.recipe.prices import price_of
from pipelines.recipe.recipe import Recipe, load_recipe, resolved
from pipelines.recipe.references import shipped_recipes
from tests.contract.chart.helm import template
from tests.contract.chart.rendered import FOLLOWED, LOADER

OWN = "http://lg-littlegiants-teacher.giants:8000/v1"
SAID = (
    "paper-8b teacher.model=mine",
    'paper-8b teacher.prices={"prompt":1,"completion":2}',
    "paper-8b teacher.prices.prompt=1 teacher.prices.completion=2 teacher.model=mine",
    'paper-8b teacher={"model":"mine"}',
)


def render(folder: Path, pipelines: Any, **teacher: Any) -> Any:
    """What Helm makes of a release with a teacher and a registered pipeline."""
    told = {"enabled": True, "servedName": "org/big:1", **teacher}
    values = {**FOLLOWED, "teacher": told, "pipelines": {"register": "job", **pipelines}}
    (folder / "values.yaml").write_text(yaml.safe_dump(values), "utf-8")
    return template(folder / "values.yaml")


def told_recipe(folder: Path, pipelines: Any, **teacher: Any) -> str:
    """The recipe that the pipeline is registered with, as a job or as objects."""
    found: set[str] = set()
    for register in ("job", "crd"):
        done = render(folder, {**pipelines, "register": register}, **teacher)
        assert done.returncode == 0, done.stderr
        for each in filter(None, yaml.load_all(done.stdout, LOADER)):
            if "placement.yaml" in each.get("data", {}):
                found.add(yaml.safe_load(each["data"]["placement.yaml"])["arguments"]["recipe"])
            elif each["kind"] == "PipelineVersion":
                inputs = each["spec"]["pipelineSpec"]["root"]["inputDefinitions"]["parameters"]
                found.add(inputs["recipe"]["defaultValue"])
    (recipe,) = found
    return recipe


def but_for_the_teacher(recipe: Recipe) -> dict[str, Any]:
    """All that the recipe says but how its teacher is called, and what it costs."""
    plain = dict(resolved(recipe))
    teacher = {**plain.pop("teacher"), "model": "", "prices": {}}
    return {**plain, "teacher": teacher}


@pytest.mark.parametrize("given", [*shipped_recipes(), " paper-8b  seeds.count=5 "])
def test_a_named_recipe_asks_the_releases_teacher_for_nothing(given: str, tmp_path: Path) -> None:
    recipe = load_recipe(told_recipe(tmp_path, {"recipe": given}))
    assert recipe.teacher.model == "org/big:1"
    price = price_of(recipe.teacher.model, recipe.teacher.prices)
    assert price and (price.prompt, price.completion) == (0, 0)
    assert but_for_the_teacher(recipe) == but_for_the_teacher(load_recipe(given))


@pytest.mark.parametrize("said", SAID)
def test_what_the_recipe_says_itself_stays(said: str, tmp_path: Path) -> None:
    recipe = load_recipe(told_recipe(tmp_path, {"recipe": said}))
    own = load_recipe(said).teacher
    assert recipe.teacher.model == (own.model if "mine" in said else "org/big:1")
    assert recipe.teacher.prices
    free = (recipe.teacher.prices.prompt, recipe.teacher.prices.completion) == (0, 0)
    assert free == ("prices" not in said)


@pytest.mark.parametrize(
    "pipelines",
    [
        {"placement": {"arguments": {"recipe": "paper-8b"}}},
        {"recipe": "laptop", "placement": {"arguments": {"recipe": "paper-8b"}}},
        {"recipe": "paper-8b", "teacher": OWN},
        {"recipe": "paper-8b", "teacher": "openai", "placement": {"arguments": {"teacher": OWN}}},
    ],
)
def test_wherever_it_is_said(pipelines: Any, tmp_path: Path) -> None:
    changes = ("teacher.model=org/big:1", "teacher.prices.prompt=0", "teacher.prices.completion=0")
    assert told_recipe(tmp_path, pipelines) == " ".join(["paper-8b", *changes])


@pytest.mark.parametrize(
    ("pipelines", "teacher"),
    [
        ({"recipe": "paper-8b", "teacher": "https://api.example.com/v1"}, {}),
        ({"recipe": "paper-8b", "placement": {"arguments": {"teacher": "openai"}}}, {}),
        ({"recipe": "paper-8b"}, {"enabled": False}),
        ({"recipe": "/recipes/own.yaml"}, {}),
    ],
    ids=["bought", "bought, in the placement", "none here", "a file"],
)
def test_another_teachers_recipe_stays_as_it_is(
    pipelines: Any, teacher: Any, tmp_path: Path
) -> None:
    assert told_recipe(tmp_path, pipelines, **teacher) == pipelines["recipe"]


def test_a_recipes_text_names_the_teacher_itself(tmp_path: Path) -> None:
    text = yaml.safe_dump(dict(resolved(load_recipe("paper-8b"))))
    refused = render(tmp_path, {"recipe": text})
    assert refused.returncode != 0
    assert "pipelines.recipe: its teacher.model is gpt-4o-2024-05-13" in refused.stderr
    assert "write model: org/big:1 there, with prices:" in refused.stderr
    mended = yaml.safe_dump(dict(resolved(load_recipe("paper-8b", ["teacher.model=org/big:1"]))))
    assert told_recipe(tmp_path, {"recipe": mended}) == mended
    named = {"extraArgs": ["--served-model-name=gpt-4o-2024-05-13"]}
    assert told_recipe(tmp_path, {"recipe": text}, **named) == text
    assert told_recipe(tmp_path, {"recipe": text, "teacher": "openai"}) == text
