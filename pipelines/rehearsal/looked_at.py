"""The recipe at its full size, looked at as a run would be before it starts."""

import time

from upath import UPath

from pipelines.forecast.findings import Problem, Start
from pipelines.forecast.machine_checks import memory_needed
from pipelines.forecast.preflight import findings_of
from pipelines.plan_page import size
from pipelines.recipe import Recipe
from pipelines.rehearsal.attempt import Outcome
from pipelines.rehearsal.table import Line
from pipelines.run import Run
from pipelines.stage import Work
from pipelines.step_flags import TeacherSettings


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
