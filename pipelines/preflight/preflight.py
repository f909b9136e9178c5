"""The preflight: one look at all that a run needs, before anything is paid or downloaded."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from upath import UPath

from littlegiants.errors import BadInput, Unavailable
from littlegiants.heartbeat import doing
from littlegiants.tasks import digest
from pipelines.cli.step_flags import StepSettings
from pipelines.distributed.devices import Devices
from pipelines.distributed.world import Spread
from pipelines.preflight.findings import Check, Finding, Note, Problem, Start
from pipelines.preflight.instruction_checks import instructions_can_be_read
from pipelines.preflight.layer_checks import (
    models_have_the_layers_to_train,
    models_have_the_positions_to_read,
)
from pipelines.preflight.machine_checks import (
    machine_is_large_enough,
    trainings_suit_the_machine,
)
from pipelines.preflight.model_checks import models_are_there
from pipelines.preflight.promotion_checks import (
    generators_adapt_the_model,
    generators_take_the_weights,
    promotions_can_be_tried,
)
from pipelines.preflight.prompt_checks import PROMPT_CHECKS
from pipelines.preflight.recipe_checks import RECIPE_CHECKS
from pipelines.preflight.service_checks import (
    generators_answer,
    generators_have_addresses,
    teacher_answers,
    teachers_address_is_one,
    teachers_key_is_there,
)
from pipelines.preflight.store_checks import store_keeps_what_is_written
from pipelines.recipe.recipe import Recipe, load_recipe, resolved
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.step_progress import say
from pipelines.storage.atomic_writes import write_whole

OF_THE_FLAGS: tuple[Check, ...] = (
    *RECIPE_CHECKS,
    *PROMPT_CHECKS,
    instructions_can_be_read,
    teachers_address_is_one,
    generators_have_addresses,
    generators_take_the_weights,
    promotions_can_be_tried,
)
"""Of the recipe, the files that it names and the flags; no network, whatever machine it is."""
TEACHER, GENERATORS, CHANNEL = "--teacher", "--generators", "--channel"
OF_THE_WORLD: Mapping[Check, Sequence[str]] = {
    store_keeps_what_is_written: (CHANNEL,),
    models_are_there: ("models", TEACHER),
    models_have_the_layers_to_train: ("models", "junior", "senior", "revisor", "embedder"),
    models_have_the_positions_to_read: (
        *("models", "junior", "senior", "revisor", "embedder", "serving"),
        GENERATORS,
    ),
    teachers_key_is_there: ("teacher", TEACHER),
    generators_answer: (GENERATORS,),
    generators_adapt_the_model: ("models", GENERATORS),
    trainings_suit_the_machine: ("junior", "senior", "revisor", "embedder"),
    machine_is_large_enough: (*Recipe.model_fields, TEACHER, GENERATORS),
}
"""Of what the run will meet, each with the sections and flags that decide it; nothing is paid."""
EVERYTHING: tuple[Check, ...] = (*OF_THE_FLAGS, *OF_THE_WORLD)
PAID: Mapping[Check, Sequence[str]] = {teacher_answers: ("teacher", "brainstorm", TEACHER)}
FILE = "preflight.json"


def start_of(settings: StepSettings, devices: Devices | None = None, **more: Any) -> Start:
    """The run that a command with these flags starts, or would start.

    `devices` are those of its trainings; unset: this machine's.
    """
    run = Run(UPath(settings.run), load_recipe(settings.recipe, settings.changes))
    return Start(Work("preflight", run, settings), devices or Spread().over(), **more)


def findings_of(start: Start, checks: Iterable[Check] = OF_THE_FLAGS) -> list[Finding]:
    """What the checks find, each thing once; of other machines' world there are only notes."""
    found: list[Finding] = []
    for check in checks:
        is_only_told = start.is_elsewhere and check in OF_THE_WORLD
        question = f"looks whether {check.__name__.replace('_', ' ')}"
        if check not in OF_THE_FLAGS:
            say("preflight", question)
        with doing(question):
            for finding in check(start):
                found.append(Note(finding.message) if is_only_told else finding)
    return list(dict.fromkeys(found))


def has_problems(findings: Iterable[Finding]) -> bool:
    """Whether they would be refused."""
    return any(isinstance(finding, Problem) for finding in findings)


def refuse(findings: Iterable[Finding]) -> None:
    """Tell the notes, and raise all problems in one error, a line each.

    Raises Unavailable when all of them may pass by themselves, else BadInput.
    """
    found = list(findings)
    problems = [finding for finding in found if isinstance(finding, Problem)]
    for finding in found:
        if isinstance(finding, Note):
            say("preflight", finding.message)
    if problems:
        kind = Unavailable if all(problem.is_passing for problem in problems) else BadInput
        raise kind("\n".join(problem.message for problem in problems))


def preflight(start: Start) -> None:
    """All checks of a run that starts on this machine; what passed once is not looked at again.

    The teacher is asked a question, which is paid for, when there is no problem otherwise; not
    where it is asked the stage's own at once. Raises as `refuse`.
    """
    findings, facts = findings_of(start), facts_of(start)
    path = start.work.run.folder / FILE
    passed = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    checks = OF_THE_WORLD if start.stages else {**OF_THE_WORLD, **PAID}
    for check, parts in checks.items():
        key = digest({name: facts[name] for name in parts})
        is_stopped = check in PAID and any(isinstance(each, Problem) for each in findings)
        if is_stopped or passed.get(check.__name__) == key:
            continue
        found = findings_of(start, [check])
        findings += found
        if all(isinstance(each, Note) and not each.is_open for each in found):
            passed[check.__name__] = key
    if store_keeps_what_is_written.__name__ in passed:
        write_whole(path, json.dumps(passed, indent=1))
    refuse(findings)


def facts_of(start: Start) -> dict[str, Any]:
    """The recipe's sections and the flags, as far as checks depend on them."""
    flags = {TEACHER: start.work.teacher, GENERATORS: start.generators}
    flags[CHANNEL] = start.work.channel
    return {**resolved(start.recipe), "inputs": {}, **flags}


def preflight_of(work: Work, **more: Any) -> None:
    """The checks in a stage that is the run's first."""
    preflight(Start(replace(work, name="preflight"), **more))
