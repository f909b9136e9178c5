"""The budget is never passed, also when a request's fate is not known."""

import asyncio
import random
import uuid
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
)
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


def test_a_stage_has_caps_of_its_own_within_the_runs(tmp_path: Path) -> None:
    budget = Budget(UPath(tmp_path), Caps(calls=3), {"judge": Caps(calls=1)})
    budget.reserve(REQUEST, "judge")
    with pytest.raises(OverBudget, match=r"teacher\.stage_caps\.judge\.calls"):
        budget.reserve(REQUEST, "judge")
    budget.reserve(REQUEST, "seed")
    budget.reserve(REQUEST, "seed")
    with pytest.raises(OverBudget, match=r"teacher\.caps\.calls"):
        budget.reserve(REQUEST, "seed")
    assert (budget.spent_by("judge").calls, budget.spent_by("seed").calls) == (1, 2)


def test_a_file_of_requests_is_settled_item_by_item(tmp_path: Path) -> None:
    whole = Usage(3, 300, 150, 1.5)
    budget = Budget(UPath(tmp_path), Caps(calls=3))
    name = budget.reserve(whole)
    for _ in range(2):  # a restart may settle an item again
        budget.settle_item(name, "a", most=REQUEST, actual=Usage(1, 10, 5, 0.1))
        assert budget.spent == Usage(3, 210, 105, 1.1)
        budget = Budget(UPath(tmp_path), Caps(calls=3))
    budget.settle(name, Usage())
    assert budget.spent == Usage(1, 10, 5, 0.1)
    assert Budget(UPath(tmp_path), Caps()).spent == budget.spent


def test_ten_thousand_calls_at_once_never_pass_a_cap() -> None:
    cap = 7.0
    budget = Budget(UPath(f"memory://{uuid.uuid4().hex}"), Caps(dollars=cap))
    refused: list[OverBudget] = []

    async def call(number: int) -> None:
        try:
            name = budget.reserve(Usage(1, 1000, 500, 0.01))
        except OverBudget as error:
            refused.append(error)
            return
        assert (budget.spent.dollars or 0) <= cap
        await asyncio.sleep(random.Random(number).random() / 100)
        budget.settle(name, Usage(1, 300, 100, 0.001))
        assert (budget.spent.dollars or 0) <= cap

    async def calls() -> None:
        await asyncio.gather(*(call(number) for number in range(10_000)))

    asyncio.run(calls())
    sent = 10_000 - len(refused)
    assert 700 <= sent < 10_000
    assert budget.spent.dollars == pytest.approx(sent * 0.001)


AMOUNTS = st.builds(
    Usage,
    st.just(1),
    st.integers(0, 50),
    st.integers(0, 50),
    st.one_of(st.none(), st.floats(0, 1, allow_nan=False)),
)
STAGES = st.sampled_from(["seed", "judge"])


class AnyInterleaving(RuleBasedStateMachine):
    """Reservations, settlements and crashes in any order."""

    names = Bundle("names")

    def __init__(self) -> None:
        super().__init__()
        self.folder = UPath(f"memory://{uuid.uuid4().hex}")
        self.caps = Caps(calls=12, tokens=500, dollars=4.0)
        self.stage_caps = {"judge": Caps(calls=5, dollars=2.0)}
        self.budget = Budget(self.folder, self.caps, self.stage_caps)

    @rule(target=names, most=AMOUNTS, stage=STAGES)
    def reserve(self, most: Usage, stage: str) -> tuple[str, Usage]:
        try:
            return self.budget.reserve(most, stage), most
        except OverBudget:
            return "", most

    @rule(reserved=consumes(names), share=st.floats(0, 1))
    def settle(self, reserved: tuple[str, Usage], share: float) -> None:
        name, most = reserved
        if name:
            dollars = None if most.dollars is None else most.dollars * share
            actual = Usage(1, int(most.prompt_tokens * share), most.completion_tokens, dollars)
            self.budget.settle(name, actual)

    @rule(reserved=names, share=st.floats(0, 1), item=st.sampled_from("ab"))
    def settle_item(self, reserved: tuple[str, Usage], share: float, item: str) -> None:
        name, most = reserved
        if self.budget.is_open(name):
            nothing = Usage(0, 0, 0, None if most.dollars is None else 0.0)
            self.budget.settle_item(name, item, most=nothing, actual=nothing)

    @rule()
    def crash(self) -> None:
        self.budget.close()
        before = self.budget.spent, self.budget.spent_by("judge"), self.budget.spent_by("seed")
        self.budget = Budget(self.folder, self.caps, self.stage_caps)
        after = self.budget.spent, self.budget.spent_by("judge"), self.budget.spent_by("seed")
        assert before == after

    @invariant()
    def no_cap_is_passed(self) -> None:
        assert self.caps.first_passed(self.budget.spent) is None
        assert self.stage_caps["judge"].first_passed(self.budget.spent_by("judge")) is None


TestAnyInterleaving = AnyInterleaving.TestCase
TestAnyInterleaving.settings = settings(max_examples=60, deadline=None)
