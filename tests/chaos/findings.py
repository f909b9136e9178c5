"""What a disturbed run lost, wrote twice or paid twice, compared with an undisturbed one."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from upath import UPath

from pipelines.budget.budget import Budget
from pipelines.budget.usage import Caps
from pipelines.teacher.ask import PAID_INTERVAL_S
from tests.chaos.loop import Killer
from tests.chaos.world import MARK, World

UNSTORED_S = PAID_INTERVAL_S + 0.5
"""An answer waits for so long before it is in the store, which takes a moment too."""


@dataclass(slots=True)
class Findings:
    """One measurement."""

    kills: dict[str, int] = field(default_factory=dict)
    least_kills: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    clean_stops: int = 0
    crashes: int = 0
    """Steps that ended in a traceback, without a kill."""
    items: int = 0
    lost: int = 0
    duplicated: int = 0
    is_same: bool = False
    calls_needed: int = 0
    calls_repeated: int = 0
    calls_in_flight: int = 0
    """The most calls that the kills can have cut: those under way at once, at each."""
    calls_unstored: int = 0
    """Answers that came so shortly before a kill that the store may not have had them."""
    calls_answered: int = 0
    """As the teacher counts them; each is to be paid."""
    spent_calls: int = 0
    cap_calls: int = 0
    orphans: int = 0
    seconds: int = 0

    @property
    def is_well(self) -> bool:
        """Enough kills; nothing lost, nothing twice, nothing paid twice for no reason."""
        return (
            sum(self.kills.values()) >= self.least_kills
            and self.is_same
            and not (self.lost or self.duplicated or self.orphans or self.crashes)
            and self.calls_repeated <= self.calls_in_flight + self.calls_unstored
            and self.calls_answered <= self.spent_calls <= self.cap_calls
        )

    def show(self) -> None:
        """The table."""
        kills = ", ".join(f"{count} {what}" for what, count in sorted(self.kills.items()))
        faults = ", ".join(f"{count} {what}" for what, count in sorted(self.faults.items()))
        for name, value in (
            ("kills -9", f"{sum(self.kills.values())}: {kills} (at least {self.least_kills})"),
            ("faults of the teacher", f"{sum(self.faults.values())}: {faults}"),
            ("steps that stopped cleanly", str(self.clean_stops)),
            ("steps that crashed", str(self.crashes)),
            ("items of the data set", str(self.items)),
            ("lost", str(self.lost)),
            ("duplicated", str(self.duplicated)),
            ("same bytes as undisturbed", "yes" if self.is_same else "NO"),
            ("calls needed", str(self.calls_needed)),
            (
                "calls repeated",
                f"{self.calls_repeated}, at most {self.calls_in_flight} in flight "
                f"and {self.calls_unstored} of the last second",
            ),
            ("calls answered", str(self.calls_answered)),
            ("calls booked, of the cap", f"{self.spent_calls} of {self.cap_calls}"),
            ("orphan processes", str(self.orphans)),
            ("seconds", str(self.seconds)),
        ):
            print(f"{name:28} {value}")


def compare(calm: World, wild: World, killer: Killer, *, concurrency: int, cap: int) -> Findings:
    """What became of the items, and of the money."""
    rows = {world.url: lines(UPath(world.url) / "data" / "dataset.jsonl") for world in (calm, wild)}
    expected, found = Counter(rows[calm.url]), Counter(rows[wild.url])
    answers, needed = noted(wild.answers), set(noted(calm.answers)["whole"])
    whole = answers["whole"]
    kills = {what: count for what, count in killer.counts.items() if what != "clean stops"}
    return Findings(
        kills=kills,
        faults={what: names.total() for what, names in answers.items() if what != "whole"},
        clean_stops=killer.counts["clean stops"],
        crashes=sum(crashes(world) for world in (calm, wild)),
        items=found.total(),
        lost=(expected - found).total(),
        duplicated=(found - expected).total(),
        is_same=rows[calm.url] == rows[wild.url],
        calls_needed=len(needed),
        calls_answered=whole.total(),
        calls_repeated=whole.total() - len(whole),
        calls_in_flight=concurrency * len(killer.while_asking),
        calls_unstored=just_before(killer.while_asking, wild.answers),
        spent_calls=Budget(UPath(wild.url) / "ledger", Caps()).spent.calls,
        cap_calls=cap,
    )


def crashes(world: World) -> int:
    """How many steps ended as no step should, killed or not: their exit code is that of a wait."""
    return (world.folder / "steps.log").read_bytes().count(b"Traceback (most recent call last)")


def lines(path: UPath) -> list[bytes]:
    """Of a file."""
    return path.read_bytes().splitlines()


def noted(log: Path) -> dict[str, Counter[str]]:
    """Which requests met what, as the teacher's log tells."""
    found: dict[str, Counter[str]] = {"whole": Counter()}
    for line in log.read_text(encoding="utf-8").splitlines():
        what, name, _ = line.split()
        found.setdefault(what, Counter())[name] += 1
    return found


def just_before(kills: Sequence[float], log: Path) -> int:
    """Whole answers that came so shortly before one of the kills that they need not be stored."""
    told = [line.split() for line in log.read_text(encoding="utf-8").splitlines()]
    times = [float(when) for what, _, when in told if what == "whole"]
    return sum(any(0 <= kill - when < UNSTORED_S for kill in kills) for when in times)


def orphans() -> int:
    """Processes of the measurement that are still there, apart from this one."""
    count = 0
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and MARK in process.environ():
                count += process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            continue
    return count
