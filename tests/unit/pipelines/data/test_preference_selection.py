"""A preference is made of validity first, then of margins; a lack of one has a named reason."""

import pytest

from pipelines.data.preference_selection import Choice, choose_by_margin


@pytest.mark.parametrize(
    ("margins", "best", "worst"),
    [
        ([0.1, 0.5, -0.2, 0.3], 1, 2),
        ([0.1, None, 0.4, None], 2, 1),
        ([None, -0.9], 1, 0),
        ([0.5, 0.5, 0.1, 0.1], 0, 2),
    ],
    ids=["margins", "invalid is worst", "bad but valid", "first of equals"],
)
def test_chooses_best_and_worst(margins: list[float | None], best: int, worst: int) -> None:
    found = choose_by_margin(margins)
    assert [(each.best, each.worst) for each in found if isinstance(each, Choice)] == [
        (best, worst)
    ]


@pytest.mark.parametrize(
    ("margins", "pairs"),
    [
        ([0.1, None, 0.4, 0.2], [(2, 1), (2, 0)]),
        ([0.40, None, 0.41], [(2, 1)]),
        ([0.4, None], [(0, 1)]),
        ([0.1, 0.5], [(1, 0)]),
    ],
    ids=["form and content", "a tie of the valid", "one valid", "all valid"],
)
def test_the_valid_ones_may_make_a_second_pair(
    margins: list[float | None], pairs: list[tuple[int, int]]
) -> None:
    found = choose_by_margin(margins, valid_pairs=True)
    assert [(each.best, each.worst) for each in found if isinstance(each, Choice)] == pairs


@pytest.mark.parametrize(
    ("margins", "reason"),
    [
        ([], "fewer_than_two"),
        ([0.4], "fewer_than_two"),
        ([None, None], "all_candidates_fail"),
        ([0.40, 0.41, 0.405], "margin_too_small"),
    ],
    ids=["none", "one", "all invalid", "tie"],
)
def test_says_why_there_is_no_preference(margins: list[float | None], reason: str) -> None:
    assert choose_by_margin(margins, least_margin=0.02) == reason


def test_equal_margins_are_no_preference_at_any_threshold() -> None:
    assert choose_by_margin([0.4, 0.4], least_margin=0.0) == "margin_too_small"
