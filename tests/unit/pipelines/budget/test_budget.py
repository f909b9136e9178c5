"""The budget is never passed, also when a request's fate is not known."""

import asyncio
import contextlib
import random
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import Phase, settings
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
from pipelines.budget.block import LEAST, SHARE
from pipelines.budget.budget import Budget
from pipelines.budget.usage import Caps, Total, Usage, total_of

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
    assert 2 <= after.spent.calls <= 2 + LEAST
    with pytest.raises(OverBudget):
        after.reserve(REQUEST)


def test_an_end_gives_back_what_is_left_of_the_block(tmp_path: Path) -> None:
    before = Budget(UPath(tmp_path), Caps())
    before.settle(before.reserve(REQUEST), Usage(1, 1, 1, 0.1))
    before.reserve(REQUEST)
    before.close()
    assert Budget(UPath(tmp_path), Caps()).spent == Usage(2, 101, 51, 0.6)


def test_a_crash_costs_at_most_a_part_of_what_is_left(tmp_path: Path) -> None:
    before = Budget(UPath(tmp_path), Caps(calls=101))
    before.settle(before.reserve(REQUEST), REQUEST)
    assert Budget(UPath(tmp_path), Caps()).spent.calls <= 1 + 100 // SHARE


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


async def test_a_file_of_requests_is_settled_item_by_item(tmp_path: Path) -> None:
    whole = Usage(3, 300, 150, 1.5)
    budget = Budget(UPath(tmp_path), Caps(calls=3))
    name = await budget.reserve_file(whole)
    for _ in range(2):  # a restart may settle an item again
        budget.settle_item(name, "a", most=REQUEST, actual=Usage(1, 10, 5, 0.1))
        assert budget.spent == Usage(3, 210, 105, 1.1)
        await budget.store()
        budget = Budget(UPath(tmp_path), Caps(calls=3))
    budget.settle(name, Usage())
    assert budget.spent == Usage(1, 10, 5, 0.1)
    await budget.store()
    assert Budget(UPath(tmp_path), Caps()).spent == budget.spent


async def test_of_two_processes_one_may_reserve_the_last_file(tmp_path: Path) -> None:
    one, other = (Budget(UPath(tmp_path), Caps(calls=3)) for _ in range(2))
    await one.reserve_file(Usage(2, 200, 100, 1.0))
    with pytest.raises(OverBudget):
        await other.reserve_file(Usage(2, 200, 100, 1.0))
    other.settle(other.reserve(REQUEST), REQUEST)


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


@pytest.mark.parametrize("cap", [1, 3, 20])
async def test_processes_that_ask_at_the_same_moment_do_not_pass_a_cap_together(cap: int) -> None:
    folder, sent = UPath(f"memory://{uuid.uuid4().hex}"), list[str]()
    budgets = [Budget(folder, Caps(calls=cap), interval_s=0.02) for _ in range(8)]

    async def call_until_refused(budget: Budget) -> None:
        with contextlib.suppress(OverBudget):
            while True:
                await budget.room(REQUEST)
                sent.append(budget.reserve(REQUEST))

    await asyncio.gather(*(call_until_refused(budget) for budget in budgets))
    assert len(sent) <= cap
    assert Budget(folder, Caps()).spent.calls <= cap
    for budget in budgets:
        budget.close()
    assert Budget(folder, Caps()).spent.calls == len(sent)


AMOUNTS = st.builds(
    Usage,
    st.just(1),
    st.integers(0, 50),
    st.integers(0, 50),
    st.one_of(st.none(), st.floats(0, 1, allow_nan=False)),
)
STAGES = st.sampled_from(["seed", "judge"])
WHO = st.integers(0, 1)


class AnyInterleaving(RuleBasedStateMachine):
    """Two processes that share a ledger: reservations, settlements, ends and deaths in any order.

    `paid` is what was truly spent, `open` what may have been when a process died.
    """

    names = Bundle("names")
    files = Bundle("files")

    def __init__(self) -> None:
        super().__init__()
        self.folder = UPath(f"memory://{uuid.uuid4().hex}")
        self.caps = Caps(calls=40, tokens=1500, dollars=12.0)
        self.stage_caps = {"judge": Caps(calls=15, dollars=6.0)}
        self.budgets = [self.opened(), self.opened()]
        self.lives = [0, 0]
        self.paid, self.in_flight = Total(), Total()

    def opened(self) -> Budget:
        return Budget(self.folder, self.caps, self.stage_caps, interval_s=0)

    @rule(target=names, who=WHO, most=AMOUNTS, stage=STAGES)
    def reserve(self, who: int, most: Usage, stage: str) -> tuple[int, int, str, Usage]:
        try:
            name = self.budgets[who].reserve(most, stage)
        except OverBudget:
            return who, -1, "", most
        self.in_flight.add(most)
        return who, self.lives[who], name, most

    @rule(reserved=consumes(names), share=st.floats(0, 1))
    def settle(self, reserved: tuple[int, int, str, Usage], share: float) -> None:
        who, life, name, most = reserved
        if life == self.lives[who]:
            dollars = None if most.dollars is None else most.dollars * share
            actual = Usage(1, int(most.prompt_tokens * share), most.completion_tokens, dollars)
            self.budgets[who].settle(name, actual)
            self.in_flight.add(most, -1)
            self.paid.add(actual)

    @rule(target=files, who=WHO, most=AMOUNTS, stage=STAGES)
    def reserve_file(self, who: int, most: Usage, stage: str) -> tuple[str, Usage]:
        try:
            name = asyncio.run(self.budgets[who].reserve_file(most, stage))
        except OverBudget:
            return "", most
        self.in_flight.add(most)
        return name, most

    @rule(reserved=files, who=WHO, item=st.sampled_from("ab"))
    def settle_item(self, reserved: tuple[str, Usage], who: int, item: str) -> None:
        name, most = reserved
        if self.budgets[who].is_open(name):
            nothing = Usage(0, 0, 0, None if most.dollars is None else 0.0)
            self.budgets[who].settle_item(name, item, most=nothing, actual=nothing)

    @rule(who=WHO)
    def end(self, who: int) -> None:
        self.budgets[who].close()
        self.follow(who)

    @rule(who=WHO)
    def follow(self, who: int) -> None:
        """Another process in the place of one that has ended, or died."""
        self.lives[who] += 1
        self.budgets[who] = self.opened()

    @invariant()
    def no_cap_is_passed(self) -> None:
        known = self.paid.plus(self.in_flight)
        stored = self.opened()
        assert self.caps.first_passed(known.usage()) is None
        for budget in (*self.budgets, stored):
            assert self.caps.first_passed(budget.spent) is None
            assert self.stage_caps["judge"].first_passed(budget.spent_by("judge")) is None
        assert total_of([stored.spent]).covers(known)


TestAnyInterleaving = AnyInterleaving.TestCase
TestAnyInterleaving.settings = settings(
    max_examples=40, deadline=None, phases=set(Phase) - {Phase.shrink}
)


@pytest.mark.parametrize("put_s", [0.0, 0.05], ids=["0 ms a put", "50 ms a put"])
async def test_five_thousand_calls_write_seldom_and_little(
    put_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    puts, threads = list[int](), set[int]()
    put = MemoryFileSystem.pipe_file

    def counted(self: MemoryFileSystem, path: str, value: bytes, **options: Any) -> None:
        puts.append(len(value))
        threads.add(threading.get_ident())
        time.sleep(put_s)
        put(self, path, value, **options)

    monkeypatch.setattr(MemoryFileSystem, "pipe_file", counted)
    budget = Budget(UPath(f"memory://{uuid.uuid4().hex}"), Caps(calls=100_000))
    slots, began = asyncio.Semaphore(64), time.monotonic()

    async def call() -> None:
        async with slots:
            await budget.room(REQUEST)
            name = budget.reserve(REQUEST)
            await asyncio.sleep(0.01)
            budget.settle(name, Usage(1, 30, 20, 0.1))

    await asyncio.gather(*(call() for _ in range(5000)))
    assert len(puts) <= 1 + time.monotonic() - began
    assert sum(puts) < 10_000
    assert threading.get_ident() not in threads
    budget.close()
    assert budget.spent.calls == 5000


def test_what_a_stage_spent_counts_for_the_next_also_in_a_relative_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = Budget(UPath("run/ledger"), Caps(calls=1))
    first.settle(first.reserve(Usage(1, 10, 10)), Usage(1, 10, 5))
    first.close()
    second = Budget(UPath("run/ledger"), Caps(calls=1))
    assert second.spent.calls == 1
    with pytest.raises(OverBudget):
        second.reserve(Usage(1, 10, 10))
