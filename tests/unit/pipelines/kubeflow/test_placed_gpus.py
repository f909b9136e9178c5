"""A plan counts the GPUs that a placement gives, those that wait among them."""

import pytest

from pipelines.forecast.plan import MACHINE, plan
from pipelines.forecast.stage_costs import Forecast
from pipelines.forecast.stage_gpus import StageGpus, plan_on
from pipelines.forecast.table import plan_page
from pipelines.kubeflow.placed_gpus import placed_gpus
from pipelines.kubeflow.placement import Placement
from pipelines.recipe.recipe import load_recipe

RECIPE = load_recipe("paper-8b", ["prices.gpu_hour=3"])
PLAN = {each.stage: each for each in plan(RECIPE, "openai", MACHINE, is_local=False)}
PLACED = Placement.model_validate(
    {
        "training": {"devices": 4, "nodes": 2},
        "stages": {"curate": {"accelerator": {"type": "nvidia.com/gpu", "count": 1}}},
        "generator_gpus": {"junior": 1, "senior": 2, "revisor": 2},
        "shards_at_once": 3,
    }
)


def forecasts(placement: Placement) -> dict[str, Forecast]:
    gpus = placed_gpus(placement, RECIPE)
    return {each.stage: each for each in plan_on(gpus, RECIPE, "openai", MACHINE, is_local=False)}


@pytest.mark.parametrize(
    ("stage", "gpus"),
    [
        ("finetune-junior", StageGpus(8, 8)),
        ("propose", StageGpus(1, 1)),
        ("synthesize", StageGpus(4, 4)),
        ("curate", StageGpus(1, 1)),
        ("evaluate", StageGpus(3)),
        ("seed", None),
    ],
)
def test_each_stage_has_the_gpus_that_the_placement_says(
    stage: str, gpus: StageGpus | None
) -> None:
    assert placed_gpus(PLACED, RECIPE).get(stage) == gpus


def test_devices_that_get_no_part_of_a_batch_wait_and_are_paid() -> None:
    six = Placement.model_validate({"training": {"devices": 6}})
    assert placed_gpus(six, load_recipe("paper-8b", ["junior.batch_size=16"]))[
        "finetune-junior"
    ] == StageGpus(4, 6)


def test_fewer_generators_take_longer_and_cost_the_same() -> None:
    placed, usual = forecasts(PLACED)["synthesize"], PLAN["synthesize"]
    assert placed.seconds == pytest.approx(2 * (usual.seconds or 0))
    assert placed.gpu_hours == pytest.approx(usual.gpu_hours)


def test_a_gpu_that_waits_for_a_core_is_paid() -> None:
    curate = forecasts(PLACED)["curate"]
    assert curate.gpu_hours == pytest.approx((curate.seconds or 0) / 3600)
    assert (curate.gpu_hours or 0) > 3 * (PLAN["curate"].gpu_hours or 0)


def test_the_page_has_the_dollars_of_gpus_by_stage_and_with_the_teachers() -> None:
    page = plan_page(list(PLAN.values()), RECIPE, "", None)
    lines = {line.split()[0]: line.split() for line in page.splitlines() if line}
    dollars = sum(each.dollars or 0 for each in PLAN.values())
    hours = sum(each.gpu_hours or 0 for each in PLAN.values())
    assert f"{3 * (PLAN['synthesize'].gpu_hours or 0):,.2f}" in lines["synthesize"]
    assert f"{3 * hours:,.2f}" in lines["total"]
    assert f"teacher and GPUs together: ${dollars + 3 * hours:,.2f}" in page
    assert "price of a GPU hour: $3.00 (the recipe's prices.gpu_hour)" in page
