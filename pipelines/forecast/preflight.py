"""One look at all that a run needs, before anything is paid, downloaded or trained."""

from collections.abc import Iterable, Sequence
from typing import Any

from upath import UPath

from littlegiants.errors import BadInput, Unavailable
from pipelines.forecast.findings import Check, Finding, Note, Problem, Start
from pipelines.forecast.recipe_checks import RECIPE_CHECKS
from pipelines.progress import say
from pipelines.recipe import load_recipe
from pipelines.run import Run
from pipelines.stage import Work
from pipelines.step_flags import StepSettings


def start_of(settings: StepSettings, **more: Any) -> Start:
    """The run that a command with these flags starts, or would start."""
    run = Run(UPath(settings.run), load_recipe(settings.recipe, settings.changes))
    return Start(Work("preflight", run, settings), **more)


def findings_of(start: Start, checks: Sequence[Check] = RECIPE_CHECKS) -> list[Finding]:
    """What the checks find, each thing once."""
    return list(dict.fromkeys(finding for check in checks for finding in check(start)))


def refuse(findings: Iterable[Finding]) -> None:
    """Tell the notes, and raise all problems in one error, a line each.

    Raises Unavailable when all of them may pass by themselves, else BadInput.
    """
    problems = [finding for finding in findings if isinstance(finding, Problem)]
    for finding in findings:
        if isinstance(finding, Note):
            say("preflight", finding.message)
    if problems:
        kind = Unavailable if all(problem.is_passing for problem in problems) else BadInput
        raise kind("\n".join(problem.message for problem in problems))
