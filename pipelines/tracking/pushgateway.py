"""Where a stage stands and what its run has spent, pushed to Prometheus while it is at work."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException

from prometheus_client import CollectorRegistry, Gauge, push_to_gateway
from upath import UPath

from littlegiants.errors import LittleGiantsError
from pipelines.budget.ledger import Ledger
from pipelines.budget.usage import Total
from pipelines.recipe.recipe import Recipe
from pipelines.step_progress import say, standing

ADDRESS, LABELS = "LITTLEGIANTS_PUSHGATEWAY", "LITTLEGIANTS_PUSH_LABELS"
"""Variables: URL of a Pushgateway; more labels, as release=lg,namespace=giants."""
JOB = "littlegiants-pipeline"
INTERVAL_S, TIMEOUT_S, LAST_S = 30.0, 5.0, 10.0
UNITS = ("calls", "tokens", "dollars")


@dataclass(frozen=True, slots=True)
class StageMetrics:
    """Of one stage of the run in `folder`."""

    folder: UPath
    recipe: Recipe
    stage: str

    @contextmanager
    def pushed(self) -> Iterator[None]:
        """Within, the gateway is told now and then; one that is away stops nothing."""
        if not os.environ.get(ADDRESS):
            yield
            return
        ended = threading.Event()
        told = threading.Thread(target=self._live, args=(ended,), daemon=True, name="pushgateway")
        told.start()
        try:
            yield
        finally:
            ended.set()
            told.join(LAST_S)

    def _live(self, ended: threading.Event) -> None:
        is_away = False
        while True:
            is_last = ended.is_set()
            try:
                measured = self.measured(is_running=not is_last)
                push_to_gateway(os.environ[ADDRESS], JOB, measured, self._group(), TIMEOUT_S)
                is_away = False
            except (OSError, HTTPException, LittleGiantsError) as error:
                if not is_away:
                    say(self.stage, f"metrics were not pushed: {error}; going on")
                is_away = True
            if is_last:
                return
            ended.wait(INTERVAL_S)

    def measured(self, *, is_running: bool) -> CollectorRegistry:
        """What is told now."""
        registry = CollectorRegistry()

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"littlegiants_{name}", text, labels, registry=registry)

        gauge("stage_running", "1 while a stage is at work.").set(is_running)
        if where := standing():
            done, wanted = where
            gauge("stage_items_done", "Items that are done.").set(done)
            gauge("stage_items_wanted", "Items that there will be.").set(wanted)
        spent = gauge("teacher_spent", "What the run's teacher cost, or may yet.", "unit")
        for unit, amount in self._spent().items():
            spent.labels(unit).set(amount)
        cap = gauge("teacher_cap", "The most that it may cost.", "unit")
        for unit, amount in self._caps().items():
            cap.labels(unit).set(amount)
        return registry

    def _group(self) -> dict[str, str]:
        more = (each.partition("=") for each in os.environ.get(LABELS, "").split(",") if each)
        told = {name: value for name, _, value in more}
        return {**told, "run": str(self.folder), "stage": self.stage}

    def _spent(self) -> dict[str, float]:
        totals = Ledger(self.folder / "ledger").others().values()
        usage = Total().plus(*totals).usage()
        return {unit: float(getattr(usage, unit) or 0) for unit in UNITS}

    def _caps(self) -> dict[str, float]:
        caps = self.recipe.teacher.caps
        found = {unit: getattr(caps, unit) for unit in UNITS}
        return {unit: float(cap) for unit, cap in found.items() if cap is not None}
