"""The rehearsal of a recipe: its loop, stage by stage at the least size; a line on each stage."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from upath import UPath

from pipelines.cli.step_flags import StepSettings, TeacherSettings
from pipelines.distributed.devices import Devices
from pipelines.forecast.table import size
from pipelines.preflight.findings import Problem, Start
from pipelines.preflight.machine_checks import memory_needed
from pipelines.preflight.preflight import findings_of
from pipelines.recipe.recipe import Recipe, resolved
from pipelines.rehearsal.attempt import Attempt, Outcome, last_lines
from pipelines.rehearsal.followers import Followers
from pipelines.rehearsal.scaled import processes_for, scaled
from pipelines.rehearsal.script import answer
from pipelines.rehearsal.stages import Stage, stages_of
from pipelines.rehearsal.stand_ins import NAME, StandIns, stand_ins
from pipelines.rehearsal.table import Line
from pipelines.rehearsal.top_up import top_up
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.scripted_teacher.server import scripted_teacher
from pipelines.step_progress import say

KEY = "scripted"
"""In place of the key of a bought teacher: the script must never see that one."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One rehearsal in its folder."""

    work: Work
    flags: dict[str, str]
    followers: Followers
    environment: dict[str, str]
    processes: int
    limit_s: float

    def lines(self) -> Iterator[Line]:
        """Each stage's line when it is done; after a failure, the others are not reached."""
        failed, stages = False, list(stages_of(self.work.run.recipe))
        for stage, following in zip(stages, [*stages[1:], None], strict=True):
            if failed:
                yield Line(stage.record, None)
                continue
            self._before(stage, following)
            outcome = self._attempt(stage, self.work.run)
            note = top_up(self.work.run, stage.name, stage.flags) if outcome.passed else ""
            yield Line(stage.record, outcome, note, stage.name)
            failed = not outcome.passed
            if outcome.passed and stage.is_training and self.processes > 1:
                yield self._spread(stage)

    def _before(self, stage: Stage, following: Stage | None) -> None:
        """A generator starts beside its training, and lives until nobody asks it any more."""
        for each in (stage, following):
            if each and each.name.startswith("promote-"):
                self.followers.start(each.flags["role"])
        if stage.name == "judge":
            self.followers.stop("junior")
        elif stage.name == "curate":
            self.followers.stop()

    def _attempt(self, stage: Stage, run: Run, processes: int = 1) -> Outcome:
        flags = self.flags | {"run": str(run.folder), **self.followers.flags}
        spread = {"LITTLEGIANTS_TRAINING_DEVICES": str(processes)}
        log = Path(str(run.folder)) / "logs" / f"{stage.record}.log"
        attempt = Attempt(stage.arguments(flags), self.environment | spread, log, self.limit_s)
        return attempt.run(self._trouble)

    def _trouble(self) -> str:
        role = self.followers.dead()
        if not role:
            return ""
        return f"the {role}'s generator ended\n{last_lines(self.followers.log_of(role))}"

    def _spread(self, stage: Stage) -> Line:
        """The same training from the same rows, in a run of its own, in several processes."""
        name = f"{stage.name} in {self.processes} processes"
        folder = Path(str(self.work.run.folder))
        copy = folder.with_name(f"{folder.name}-{stage.record}")
        for part in ("data", "models", "adapters"):
            if (folder / part).is_dir():
                shutil.copytree(folder / part, copy / part, dirs_exist_ok=True)
        say(stage.name, f"again in {self.processes} processes")
        return Line(
            name, self._attempt(stage, Run(UPath(copy), self.work.run.recipe), self.processes)
        )


def rehearse(
    recipe: Recipe, teacher: str, folder: Path, *, devices: Devices, limit_s: float
) -> tuple[list[Line], Sequence[str]]:
    """A line on each stage, and one on each stand-in.

    `teacher` is that at full size, `devices` those of its trainings.
    """
    looked_at = preflight(recipe, teacher, devices)
    say(NAME, "makes tiny models in place of the recipe's")
    found = stand_ins(recipe, folder / "models")
    with rehearsal(recipe, found, folder, devices=devices.count, limit_s=limit_s) as rehearsed:
        return [looked_at, *rehearsed.lines()], found.notes


@contextmanager
def rehearsal(
    recipe: Recipe, found: StandIns, folder: Path, *, devices: int, limit_s: float
) -> Iterator[Rehearsal]:
    """Everything that its stages lean on, as long as the context lasts."""
    small = scaled(recipe, found.stand, devices=devices)
    text = yaml.safe_dump(dict(resolved(small)), sort_keys=False)
    run = folder / "run"
    settings = StepSettings(recipe=text, run=str(run))
    work = Work("rehearsal", Run(UPath(run), small), settings)
    followers = Followers(work)
    environment = {} if found.has_hub else {"HF_HUB_OFFLINE": "1"}
    if small.teacher.key_variable:
        environment[small.teacher.key_variable] = KEY
    with scripted_teacher(answer) as teacher:
        flags = {"recipe": text, "teacher": teacher.url}
        try:
            yield Rehearsal(work, flags, followers, environment, processes_for(devices), limit_s)
        finally:
            followers.stop()


def preflight(recipe: Recipe, teacher: str, devices: Devices) -> Line:
    """All problems that the recipe itself tells of; nothing is asked for that costs anything."""
    began = time.monotonic()
    settings = TeacherSettings(teacher=teacher)
    work = Work("preflight", Run(UPath(settings.run), recipe), settings)
    start = Start(work, devices=devices)
    findings = findings_of(start)
    problems = [each.message for each in findings if isinstance(each, Problem)]
    notes = [each.message for each in findings if not isinstance(each, Problem)]
    notes.append(
        f"at full size one stage takes {size(memory_needed(start))} of memory at the least"
    )
    outcome = Outcome(not problems, time.monotonic() - began, "\n".join(problems))
    return Line("preflight", outcome, "; ".join(notes))
