"""Steps wake and count the generators that the recipe's writers are, however the recipe is told."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.kubeflow.asked_roles import asked_by, called_by
from pipelines.kubeflow.placement import Placement
from pipelines.recipe.recipe import load_recipe, resolved
from pipelines.recipe.references import shipped_recipes
from pipelines.run.stages import STAGES
from tests.contract.chart.helm import template
from tests.contract.chart.rendered import CI, placement_in

BOTH = "paper-8b synthesize.writers.senior=2 synthesize.writers.junior=1"
RECIPES = [
    *shipped_recipes(),
    BOTH,
    "laptop synthesize.writers.junior=1",
    "laptop synthesize.count=5 synthesize.writers.junior=0 synthesize.writers.senior=0.5",
    'laptop synthesize.writers={"junior":1.5}',
    'laptop synthesize.writers.senior=1 synthesize={"count":5,"writers":{"junior":1}}',
    yaml.safe_dump(dict(resolved(load_recipe(BOTH)))),
]
PODS = {"junior": 1.0, "senior": 2.0, "revisor": 4.0}


TRIED = [
    *("laptop promotion.gates={}", "laptop promotion.gates.least_win_rate=0.4"),
    'paper-8b synthesize.writers.junior=1 promotion={"gates":{}}',
    "laptop promotion.gates={} promotion.gates=null",
    "laptop  promotion.judge=scorer",
    yaml.safe_dump(dict(resolved(load_recipe("laptop", ["promotion.gates={}"])))),
    yaml.safe_dump(dict(resolved(load_recipe("laptop")))),
]


def placed(name: str, recipe: str, folder: Path, **placement: Any) -> Placement:
    """The placement of a release with these values, whose run has this recipe."""
    file = folder / "values.yaml"
    told = {"recipe": recipe, "placement": placement}
    turns = not placement.get("training", {}).get("takes_turns", True)
    values = {"pipelines": told, "trainer": {"takesTurns": turns}}
    file.write_text(yaml.safe_dump(values), "utf-8")
    return placement_in(template(CI[name], file))


def woken(placement: Placement, stage: str) -> set[str]:
    """Roles that the labels of a stage's pod wake."""
    labels = placement.pod_of(stage).labels
    return {name.removeprefix("littlegiants/calls-") for name in labels if "/calls-" in name}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda each: each.partition("\n")[0])
def test_a_step_wakes_and_counts_who_writes(recipe: str, tmp_path: Path) -> None:
    placement = placed("gpu-three", recipe, tmp_path, generator_gpus=PODS)
    asked = asked_by("synthesize", load_recipe(recipe))
    assert woken(placement, "synthesize") == {*asked}
    assert placement.gpus_of("synthesize")["served"] == sum(PODS[role] for role in asked)


@pytest.mark.parametrize("takes_turns", [True, False])
@pytest.mark.parametrize("recipe", [*RECIPES, *TRIED], ids=lambda each: each.partition("\n")[0])
def test_a_step_wakes_all_that_it_calls(recipe: str, takes_turns: bool, tmp_path: Path) -> None:
    training = {"takes_turns": takes_turns}
    placement = placed("gpu-three", recipe, tmp_path, training=training)
    for stage in STAGES:
        called = called_by(stage, load_recipe(recipe), takes_turns=takes_turns)
        assert woken(placement, stage) == {*called}, stage


def test_a_revisors_trial_wakes_who_writes_its_drafts(tmp_path: Path) -> None:
    """The senior, and the junior where the senior may be promoted later."""
    for takes_turns, drafting in ((True, {"senior"}), (False, {"junior", "senior"})):
        training = {"takes_turns": takes_turns}
        placement = placed("gpu-three", TRIED[0], tmp_path, training=training)
        assert woken(placement, "promote-revisor") == {"revisor", *drafting}
        assert woken(placement, "promote-senior") == {"senior"}


def test_the_recipe_that_a_placement_tells_goes_before_the_values(tmp_path: Path) -> None:
    placement = placed("gpu-three", "laptop", tmp_path, arguments={"recipe": BOTH})
    assert woken(placement, "synthesize") == {"junior", "senior", "revisor"}
    assert woken(placement, "propose") == woken(placement, "promote-junior") == {"junior"}


@pytest.mark.parametrize("recipe", ["laptop", BOTH])
def test_roles_of_one_pod_are_counted_once(recipe: str, tmp_path: Path) -> None:
    placement = placed("gpu-one-together", recipe, tmp_path)
    assert [placement.gpus_of(each)["served"] for each in ("propose", "synthesize")] == [0.5, 0.5]
    assert woken(placement, "synthesize") == {"generators"}
