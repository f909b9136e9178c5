"""Widths and differences add up; what is unknown stays unknown."""

from typing import Any

import pytest

from pipelines.report.figures import alignment_view, flows, yields
from pipelines.report.score_rows import scores


@pytest.mark.parametrize(
    ("stage", "difference"),
    [
        pytest.param(
            {"in": 60, "out": 41, "dropped": {"no_json": 12, "has_text": 7}}, 0, id="even"
        ),
        pytest.param({"in": 40, "out": 8, "dropped": {"alike": 2}}, 30, id="merged"),
        pytest.param({"in": 12, "out": 46, "dropped": {"no_json": 2}}, -36, id="made more"),
        pytest.param({"in": 12, "out": 12, "dropped": {}}, 0, id="nothing dropped"),
        pytest.param({"in": 12, "out": 12}, None, id="drops not recorded"),
        pytest.param({"out": 12, "dropped": {}}, None, id="in not recorded"),
        pytest.param({"in": 12, "dropped": {}}, None, id="out not recorded"),
        pytest.param({"in": None, "out": "many", "dropped": {}}, None, id="no numbers"),
    ],
)
def test_the_difference_is_in_less_out_less_dropped(
    stage: dict[str, Any], difference: float | None
) -> None:
    (row,) = flows([{"name": "seed", **stage}])
    assert row.difference == difference


def test_a_balanced_bar_is_as_long_as_what_came_in() -> None:
    wide, narrow = flows(
        [
            {"name": "a", "in": 200, "out": 150, "dropped": {"x": 50}},
            {"name": "b", "in": 100, "out": 40, "dropped": {"x": 10}},
        ]
    )
    assert [segment.look for segment in wide.bar] == ["made", "lost"]
    assert sum(segment.width for segment in wide.bar) == pytest.approx(100)
    assert [segment.look for segment in narrow.bar] == ["made", "lost", "open"]
    assert sum(segment.width for segment in narrow.bar) == pytest.approx(50)


def test_drops_stand_by_size_with_their_share_of_what_came_in() -> None:
    (row,) = flows([{"name": "a", "in": 10, "out": 4, "dropped": {"few": 1, "many": 5, "none": 0}}])
    assert [(drop.reason, drop.count, drop.share) for drop in row.drops] == [
        ("many", 5, 0.5),
        ("few", 1, 0.1),
    ]


def test_drops_of_a_stage_that_makes_more_have_no_share() -> None:
    (row,) = flows([{"name": "propose", "in": 10, "out": 40, "dropped": {"no_json": 10}}])
    assert row.drops[0].share is None


@pytest.mark.parametrize(
    "raw", [{}, {"asked": 0, "valid": 0}, {"asked": 3, "valid": 4}, {"asked": 5}]
)
def test_a_yield_that_cannot_be_has_no_share(raw: dict[str, Any]) -> None:
    (row,) = yields({"junior": raw})
    assert (row.share, row.interval) == (None, None)


def test_a_yield_has_wilsons_interval() -> None:
    (row,) = yields({"junior": {"asked": 100, "valid": 50}})
    assert row.interval == pytest.approx((0.4038, 0.5962), abs=1e-4)


def test_a_step_is_shown_for_content_and_for_each_group_of_sets() -> None:
    share = {"count": 3, "total": 4, "low": 0.3, "high": 0.9}
    step = {"mean": 0.1, "low": -0.1, "high": 0.3, "verdict": "not shown"}
    ends = {"better": "junior", "worse": "base"}
    view = alignment_view(
        {
            "writers": {"junior": {"asked": 5, "valid": 4, "content": share}},
            "content_steps": [{**ends, **step}],
            "downstream": {
                "final": {
                    "means": {"junior": {"news": 0.4, "mean": 0.4}},
                    "steps": [{**ends, "sets": {"news": step}}],
                }
            },
        }
    )
    assert [(row.valid, row.asked) for row in (*view["valid"], *view["content"])] == [
        (4, 5),
        (3, 4),
    ]
    assert [each["measure"] for each in view["steps"]] == ["content", "final: news"]
    assert view["groups"][0]["columns"] == ("news", "mean")


def test_a_negative_score_moves_zero_to_the_right() -> None:
    (row,) = scores([{"task": "sts", "metric": "spearman", "base": -0.25, "trained": 1.0}])
    assert row.dots == pytest.approx((0, 100))
    assert row.zero == pytest.approx(20)
    assert row.difference == 1.25


def test_half_a_score_has_no_difference() -> None:
    (row,) = scores([{"task": "sts", "base": 0.5}])
    assert row.difference is None
    assert row.dots[1] is None
