"""A row costs what was paid for its kind, teacher and GPUs, by the rows that were accepted."""

from typing import Any

import pytest

from littlegiants.kinds import Kind
from pipelines.recipe.recipe import load_recipe
from pipelines.report.costs import KindRows, costs_of
from pipelines.report.page import render_report

KINDS = (Kind.RETRIEVAL, Kind.STS)
RECIPE = load_recipe(
    "laptop",
    ["synthesize.count=200", "shares={retrieval: 1, sts: 1}", "prices.gpu_hour=2"],
)
FAILED = {"seconds": 1800.0, "outcome": "failed"}
STAGES: list[dict[str, Any]] = [
    {"name": "align", "gpu_hours": 4.0, "gpus": 8, "failed": [FAILED]},
    {"name": "synthesize", "gpu_hours": 2.0, "gpus": 0, "served_gpus": 4, "failed": []},
    {"name": "embed", "gpu_hours": 10.0, "gpus": 8, "failed": []},
]
ROWS = {Kind.RETRIEVAL: KindRows(50, 50 * 300), Kind.STS: KindRows(100, 100 * 100)}
BILL = {"calls": 10, "dollars": 20.0}


def test_a_run_costs_its_teacher_and_all_gpu_hours_of_failed_attempts_too() -> None:
    costs = costs_of(RECIPE, STAGES, BILL, ROWS)
    assert (costs["gpu_hours"], costs["gpu_dollars"], costs["dollars"]) == (20, 40, 60)
    assert costs["gpu_hour"] == {"dollars": 2, "source": "the recipe's prices.gpu_hour"}


def test_rows_pay_for_what_was_dropped_of_their_kind_and_not_for_the_embedder() -> None:
    data = costs_of(RECIPE, STAGES, BILL, ROWS)["dataset"]
    assert data["dollars"] == 20 + 10 * 2
    kinds = data["kinds"]
    assert {kind: kinds[kind]["dollars"] for kind in kinds} == {"retrieval": 30, "sts": 10}
    assert kinds["retrieval"]["dollars_per_row"] == pytest.approx(30 / 50)
    assert kinds["sts"]["dollars_per_row"] == pytest.approx(10 / 100)


def test_what_has_no_price_has_no_total() -> None:
    costs = costs_of(RECIPE, STAGES, {"calls": 1, "dollars": None}, ROWS)
    assert (costs["dollars"], costs["dataset"]["kinds"]["sts"]["dollars_per_row"]) == (None, None)


def test_the_report_shows_what_a_row_of_each_kind_cost() -> None:
    costs = costs_of(RECIPE, STAGES, BILL, ROWS)
    page = render_report({"run": "runs/a", "stages": [], "costs": costs})
    assert "<b>$60.00</b> in all: $20.00 for the teacher, $40.00 for 20.0 GPU hours" in page
    assert "$0.60000" in page
    assert "$0.10000" in page
