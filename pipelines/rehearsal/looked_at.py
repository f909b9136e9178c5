"""The recipe at its full size, looked at as a run would be before it starts."""

import time

from upath import UPath

from pipelines.cli.step_flags import TeacherSettings
from pipelines.forecast.table import size
from pipelines.preflight.findings import Problem, Start
from pipelines.preflight.machine_checks import memory_needed
from pipelines.preflight.preflight import findings_of
from pipelines.recipe.recipe import Recipe
from pipelines.rehearsal.attempt import Outcome
from pipelines.rehearsal.table import Line
from pipelines.run.folder import Run
from pipelines.run.step import Work


def preflight(recipe: Recipe, teacher: str, devices: int) -> Line:
    """All problems that the recipe itself tells of; nothing is asked for that costs anything."""
    began = time.monotonic()
    settings = TeacherSettings(teacher=teacher)
    work = Work("preflight", Run(UPath(settings.run), recipe), settings)
    start = Start(work, process_count=devices)
    findings = findings_of(start)
    problems = [each.message for each in findings if isinstance(each, Problem)]
    notes = [each.message for each in findings if not isinstance(each, Problem)]
    notes.append(
        f"at full size one stage takes {size(memory_needed(start))} of memory at the least"
    )
    outcome = Outcome(not problems, time.monotonic() - began, "\n".join(problems))
    return Line("preflight", outcome, "; ".join(notes))
