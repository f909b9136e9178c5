"""How every step runs: settings in, skip what is done, do the work, record what came of it."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError
from upath import UPath

from littlegiants.errors import BadInput, Unavailable
from littlegiants.heartbeat import doing
from littlegiants.tasks import digest
from pipelines.cli.command_line import faults_of, parsed, told_on_one_line
from pipelines.cli.exits import stop_noted, stop_of_parts
from pipelines.cli.step_flags import LOCAL, OWN_TEACHERS, StepSettings, steps_with
from pipelines.distributed.devices import Devices
from pipelines.distributed.launch import launch, processes_for
from pipelines.distributed.world import is_first, is_part
from pipelines.models.model_folders import CONVERTED
from pipelines.recipe.recipe import load_recipe
from pipelines.recipe.training_sections import OptimizerSettings
from pipelines.run.failed_attempts import attempt_kept
from pipelines.run.folder import Run
from pipelines.run.home import ensure_home
from pipelines.run.recipe_inputs import input_digests
from pipelines.run.resource_usage import usage_watched
from pipelines.run.sigterm import stoppable, stopped_when_lost
from pipelines.run.stage_key import stage_key
from pipelines.run.tally import Tally
from pipelines.step_progress import beating, say
from pipelines.storage.digests import content_digest, input_digest
from pipelines.storage.leases import Lease
from pipelines.storage.s3_retries import patient_store
from pipelines.storage.store import is_local
from pipelines.tracking.pushgateway import StageMetrics
from pipelines.tracking.run_entries import RunEntries
from pipelines.tracking.stage_tracking import StageTracking


@dataclass(frozen=True, slots=True)
class Work:
    """What a step's body is given."""

    name: str
    run: Run
    settings: StepSettings
    key: str = ""
    """What its outcome depends on."""

    @property
    def tracking(self) -> StageTracking:
        """How the recipe's experiment trackers are told of it."""
        entries = RunEntries(self.run.folder, self.run.recipe)
        return StageTracking(entries, self.name, self.key, self.folder / "tracking")

    @property
    def teacher(self) -> str:
        """Where the step's teacher is."""
        return getattr(self.settings, "teacher", "") or self.run.recipe.teacher.place

    @property
    def generators(self) -> str:
        """Where the step's generators are."""
        return str(getattr(self.settings, "generators", LOCAL))

    @property
    def channel(self) -> str:
        """The channel that its weights are promoted into; empty: the run's own."""
        return str(getattr(self.settings, "channel", ""))

    @property
    def folder(self) -> Path:
        """Local folder for what need not outlive the machine: checkpoints, logs, copies."""
        run, work = self.run.folder, getattr(self.settings, "work", "")
        if work or is_local(run):
            return Path(work or str(run / "work"))
        return Path.home() / ".cache/littlegiants/work" / digest(str(run))

    @property
    def models(self) -> Path:
        """Where converted shipped models are kept, for every run on this machine."""
        return CONVERTED


Body = Callable[[Work], Tally | Awaitable[Tally]]
Names = Callable[[StepSettings], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Step:
    """One stage: what it reads and writes (paths in the run), which sections decide it."""

    title: Callable[[StepSettings], str]
    settings: type[StepSettings]
    sections: Names
    reads: Names
    writes: Names
    body: Body
    module: str = ""
    """Of a training stage: what each process of a larger training runs."""
    stands: Callable[[Work], bool] = lambda work: True
    """Whether what it did elsewhere than in the run is still what these settings ask for."""

    def __call__(self, settings: StepSettings) -> str:
        """Run it, unless it has run on the same inputs; gives the digest of what it wrote."""
        ensure_home()
        run = Run(UPath(settings.run), load_recipe(settings.recipe, settings.changes))
        name = self.title(settings)
        # a part of a larger training works under the claim of the process that started it
        with (
            beating(name) if is_first() else nullcontext(),
            patient_store(run.folder),
            nullcontext() if is_part() else run.claimed(name) as lease,
        ):
            return self._run(Work(name, run, settings), lease)

    def _run(self, work: Work, lease: Lease | None) -> str:
        run, name, settings = work.run, work.name, work.settings
        outputs = {path: run.folder / path for path in self.writes(settings)}
        with doing("reading what it depends on"):
            key = self.key(run, settings)
        work = replace(work, key=key)
        is_new = not (run.is_done(name, key, list(outputs.values())) and self.stands(work))
        if not is_new:
            say(name, "done before")
        elif is_part():
            self._attempt(work, lease)
        else:
            with work.tracking.attempt(), attempt_kept(run.folder, name):
                self._attempt(work, lease)
        with doing("reading what it wrote"):
            digests = {path: content_digest(output) for path, output in outputs.items()}
        if is_new and not is_part():
            work.tracking.finish(digests)
        return digest([key, *digests.values()])

    def key(self, run: Run, settings: StepSettings) -> str:
        """What the outcome depends on: sections of the recipe, what they name, what it reads."""
        sections = self.sections(settings)
        inputs = {path: input_digest(run.folder, path) for path in self.reads(settings)}
        inputs |= input_digests(run.recipe, sections)
        if "teacher" in sections:
            teacher = Work(self.title(settings), run, settings).teacher
            inputs["teacher"] = teacher if teacher in OWN_TEACHERS else "bought"
        return stage_key(self.title(settings), run.recipe, sections, inputs)

    def _attempt(self, work: Work, lease: Lease | None) -> None:
        run, name, settings, key = work.run, work.name, work.settings, work.key
        if processes := self._processes(work):
            with stopped_when_lost(lease), stop_of_parts(run.folder):
                launch(self.module, settings, processes, name=name, key=key)
            if not run.is_done(name, key, [run.folder / path for path in self.writes(settings)]):
                raise Unavailable(f"{name}: its processes ended without a result; see their logs")
            return
        started = time.time()
        metrics = StageMetrics(run.folder, run.recipe, name)
        with usage_watched() as used, metrics.pushed() if is_first() else nullcontext():
            tally = self._tally(work, lease)
        if is_first():
            run.finish(name, key=key, tally=tally, started=started, used=used)

    def _processes(self, work: Work) -> Devices | None:
        """Those that a training is started in, rather than done in this one."""
        if not self.module or is_part():
            return None
        for name in self.sections(work.settings):
            trained = getattr(work.run.recipe, name, None)
            if isinstance(trained, OptimizerSettings):
                return processes_for(work.name, name, trained.batch_size)
        return None

    def call(self, **flags: str) -> str:
        """The step with its flags given as text, as a Kubeflow component has them."""
        try:
            settings = self.settings(**flags)  # type: ignore[arg-type]
        except ValidationError as error:
            raise BadInput(faults_of(error)) from error
        return self(settings)

    def _tally(self, work: Work, lease: Lease | None) -> Tally:
        if is_first():
            say(work.name, "starts")
        with stop_noted(work.run.folder), stopped_when_lost(lease):
            outcome = self.body(work)
            return asyncio.run(stoppable(outcome)) if inspect.isawaitable(outcome) else outcome


def main(step: Step) -> None:
    """The command line of a step: exit code 0, or its error's kind's (pipelines.cli.exits)."""
    with told_on_one_line():
        step(parsed(step.settings, owners=steps_with))
