"""The budget is never passed, also when a request's fate is not known."""

from pathlib import Path

import pytest
from upath import UPath

from littlegiants.errors import OverBudget
from pipelines.budget import Budget, Caps, Usage

REQUEST = Usage(1, 100, 50, 0.5)


@pytest.mark.parametrize(
    "caps",
    [Caps(calls=2), Caps(tokens=300), Caps(dollars=1.0)],
    ids=["calls", "tokens", "dollars"],
)
def test_a_request_that_would_pass_a_cap_is_refused(tmp_path: Path, caps: Caps) -> None:
    budget = Budget(UPath(tmp_path), caps)
    for _ in range(2):
        budget.settle(budget.reserve(REQUEST), REQUEST)
    with pytest.raises(OverBudget, match="raise the cap"):
        budget.reserve(REQUEST)
    assert budget.spent == Usage(2, 200, 100, 1.0)


def test_open_requests_count_in_full(tmp_path: Path) -> None:
    budget = Budget(UPath(tmp_path), Caps(calls=2))
    budget.reserve(REQUEST)
    budget.reserve(REQUEST)
    with pytest.raises(OverBudget):
        budget.reserve(REQUEST)


def test_a_settled_request_counts_what_it_cost(tmp_path: Path) -> None:
    budget = Budget(UPath(tmp_path), Caps(tokens=160))
    budget.settle(budget.reserve(REQUEST), Usage(1, 5, 5, 0.01))
    budget.reserve(REQUEST)
    assert budget.spent.tokens == 160


def test_a_crash_leaves_an_open_request_counted(tmp_path: Path) -> None:
    before = Budget(UPath(tmp_path), Caps())
    before.settle(before.reserve(REQUEST), Usage(1, 1, 1, 0.1))
    before.reserve(REQUEST)
    after = Budget(UPath(tmp_path), Caps(calls=2))
    assert after.spent.calls == 2
    with pytest.raises(OverBudget):
        after.reserve(REQUEST)


def test_raising_the_cap_lets_the_run_go_on(tmp_path: Path) -> None:
    before = Budget(UPath(tmp_path), Caps(calls=1))
    before.settle(before.reserve(REQUEST), REQUEST)
    after = Budget(UPath(tmp_path), Caps(calls=2))
    after.settle(after.reserve(REQUEST), REQUEST)
    assert after.spent.calls == 2
