"""Follows a run on a cluster, told as `make demo` tells one here: stages, progress, time left."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tqdm import tqdm

from littlegiants.errors import Unavailable
from pipelines.cli.exits import PAUSED
from pipelines.kubeflow.placement import PLACED
from pipelines.run.stages import SHARDED, STAGES
from pipelines.step_progress import say

ENDED = frozenset({"SUCCEEDED", "SKIPPED", "FAILED", "CANCELED"})
DONE = frozenset({"SUCCEEDED", "SKIPPED"})
FAILED, CANCELED = 5, 6
"""Exit codes of a run that failed, and of one that somebody stopped."""
PATIENCE_S = 600.0
"""How long the API may be away before following gives up; the run goes on."""
REPEATED = {"finetune": 2, "promote": 3}
"""Stages that share a component: KFP numbers their tasks in the order of the graph."""


@dataclass(frozen=True, slots=True)
class StageLook:
    """One task of a run as the API tells it."""

    name: str
    state: str
    started: datetime | None = None
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """How a run stands."""

    name: str
    state: str
    tasks: Sequence[StageLook] = ()
    error: str = ""

    @property
    def is_over(self) -> bool:
        """Nothing of it will change any more."""
        return self.state in ENDED


class Runs(Protocol):
    """Where runs are looked at."""

    def look(self, run_id: str) -> Look:
        """How a run stands."""


def stage_of(task: str) -> str | None:
    """The stage of a task by its name or its display name; None for KFP's own pods."""
    return task if GATE.fullmatch(task) else NAMES.get(task)


def _names() -> dict[str, str]:
    """Tasks are named by their component, second ones with a number; the graph's order is ours."""
    names = {stage: stage for stage in PLACED} | {f"shards-{len(SHARDED)}": "shards"}
    for component in REPEATED:
        stages = [stage for stage in STAGES if stage.startswith(f"{component}-")]
        for number, stage in enumerate(stages, 1):
            names[component if number == 1 else f"{component}-{number}"] = stage
    return names


NAMES = _names()
"""Stage by task name."""
GATE = re.compile(r"review(-\d+|-judge|-correct|-curate)?")
"""A gate's task; which ones there are differs from graph to graph."""


def stages_of(look: Look) -> dict[str, list[StageLook]]:
    """Tasks of each stage that has begun; synthesis and evaluation have one a part."""
    found: dict[str, list[StageLook]] = {}
    for task in look.tasks:
        if stage := stage_of(task.name):
            found.setdefault(stage, []).append(task)
    return found


class Teller:
    """Says what is new at each look."""

    def __init__(self, pauses: Iterable[str] = ()) -> None:
        gates = [f"review-{gate}" for gate in pauses]
        self._stages = ("shards", *STAGES, "report", *gates)
        self._told: dict[str, str] = {}
        self._started, self.standing = time.monotonic(), "nothing of it has begun"

    def tell(self, look: Look) -> None:
        """One line for each stage that changed, and one for the whole run."""
        stages = stages_of(look)
        news = {stage: _line(tasks) for stage, tasks in stages.items()}
        for stage, line in news.items():
            if line and line != self._told.get(stage):
                say(stage, line)
        if news != self._told:
            self._told = news
            self._show(sum(_is_done(tasks) for tasks in stages.values()))

    def _show(self, done: int) -> None:
        total = max(len(self._stages), done)
        elapsed = time.monotonic() - self._started
        self.standing = tqdm.format_meter(done, total, elapsed, ncols=60, unit="stage").strip()
        say("run", self.standing)


def _is_done(tasks: Sequence[StageLook]) -> bool:
    return all(task.state in DONE for task in tasks)


def _line(tasks: Sequence[StageLook]) -> str:
    """What is to be said of a stage with these tasks."""
    states = Counter(task.state for task in tasks)
    if len(tasks) > 1:
        counts = ", ".join(f"{n} {state.casefold()}" for state, n in sorted(states.items()))
        return f"{sum(states[s] for s in DONE)} of {len(tasks)} parts done ({counts})"
    [task] = tasks
    if task.state == "RUNNING":
        return "starts"
    if task.state == "SKIPPED":
        return "skipped"
    return {"SUCCEEDED": f"done{_took(task)}", "FAILED": f"failed{_took(task)}"}.get(task.state, "")


def _took(task: StageLook) -> str:
    if task.started and task.ended:
        return f" in {(task.ended - task.started).total_seconds():.0f} s"
    return ""


def follow(
    runs: Runs,
    run_id: str,
    *,
    teller: Teller,
    interval_s: float,
    patience_s: float = PATIENCE_S,
    sleep: Callable[[float], None] = time.sleep,
) -> Look:
    """Tell how a run goes until it is over; gives the last look.

    An API that is away is asked again; raises Unavailable when it stays away.
    """
    seen = time.monotonic()
    while True:
        try:
            look = runs.look(run_id)
            seen = time.monotonic()
        except Unavailable as error:
            if time.monotonic() - seen > patience_s:
                raise
            say("run", f"{error}; the run goes on, looking again")
        else:
            teller.tell(look)
            if look.is_over:
                return look
        sleep(interval_s)


def exit_code_of(look: Look) -> int:
    """0 when it succeeded, 4 when it waits for a person, 5 when it failed, 6 when stopped."""
    if look.state != "FAILED":
        return 0 if look.state == "SUCCEEDED" else CANCELED
    failed = {stage for stage, tasks in stages_of(look).items() if _has_failed(tasks)}
    return PAUSED if failed and all(map(GATE.fullmatch, failed)) else FAILED


def _has_failed(tasks: Sequence[StageLook]) -> bool:
    return any(task.state == "FAILED" for task in tasks)


def ending_of(look: Look) -> str:
    """The last line of a run."""
    failed = sorted(stage for stage, tasks in stages_of(look).items() if _has_failed(tasks))
    match exit_code_of(look):
        case 0:
            return "succeeded"
        case 4:
            return (
                f"waits for a person ({', '.join(failed)}); approve with "
                "`python -m pipelines review`, then submit the same again"
            )
        case 6:
            return f"ended as {look.state.casefold() or 'unknown'}"
    where = f" in {', '.join(failed)}" if failed else ""
    told = f"failed{where}{': ' if look.error else ''}{look.error}; its log is in the run's page"
    if any(stage.startswith("promote-") for stage in failed):
        told += "; a shut gate leaves served what was served, report.html of the run has why"
    return told
