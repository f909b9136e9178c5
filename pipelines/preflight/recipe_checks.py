"""What a recipe and the files that it names tell: no network, nothing heavy, no money."""

from collections.abc import Iterator, Sequence

from littlegiants.errors import BadInput
from pipelines.cli.step_flags import LOCAL, OWN_TEACHERS
from pipelines.data.examples import Example, examined, files_in
from pipelines.data.labelled_rows import labelled_rows
from pipelines.data.records import Correction, Seed
from pipelines.evaluation.presets import BEIR, MODULE
from pipelines.forecast.plan import plan
from pipelines.forecast.stage_costs import Forecast
from pipelines.forecast.table import summed
from pipelines.preflight.findings import (
    ONLY_THERE,
    Check,
    Finding,
    Note,
    Problem,
    Start,
    is_only_there,
    problem_of,
)
from pipelines.preflight.recording_checks import answers_are_recorded
from pipelines.preflight.task_checks import tasks_are_known
from pipelines.preflight.task_names import KNOWN
from pipelines.recipe.teacher_section import TeacherCaps
from pipelines.topics.topics import given_topics, is_grown, topics_field

FORECAST_ERROR = 1.5
"""Tokens are forecast within a third; calls are counted."""

WHOLE = "teacher.caps"


def topics_are_enough(start: Start) -> Iterator[Finding]:
    """As many topics as the recipe wants, or some that they can grow from."""
    topics, field = start.recipe.topics, topics_field(start.recipe)
    source = getattr(topics, field)
    if is_only_there(start, source):
        yield Note(f"topics.{field}: {source} {ONLY_THERE}")
        return
    try:
        found = len(given_topics(start.recipe))
    except BadInput as error:
        yield problem_of(error, f"topics.{field}")
        return
    if is_grown(start.recipe) and not found:
        yield Problem(f"topics.roots: {source} has no topic; write one a line")
    elif topics.count > found and not is_grown(start.recipe):
        yield Problem(
            f"topics.count: {topics.count:,} of {found:,} topics ({source}); ask for at most "
            f"{found:,}, name a file with {topics.count:,} paths in topics.source, or let the "
            "teacher grow them (topics.source=grown)"
        )


def examples_are_valid(start: Start) -> Iterator[Finding]:
    """Every row of every file of examples."""
    examples = start.recipe.examples
    yield from _examined(start, "seeds", Seed, examples.seeds)
    yield from _examined(start, "corrections", Correction, examples.corrections)
    yield from _labelled(start, examples.rows)


def _examined(
    start: Start, name: str, noun: type[Example], references: Sequence[str]
) -> Iterator[Finding]:
    for reference in references:
        if is_only_there(start, reference):
            yield Note(f"examples.{name}: {reference} {ONLY_THERE}")
            continue
        for outcome in examined(noun, [reference]):
            if isinstance(outcome, BadInput):
                yield problem_of(outcome, "" if files_in(reference) else f"examples.{name}")


def _labelled(start: Start, references: Sequence[str]) -> Iterator[Finding]:
    for reference in references:
        if is_only_there(start, reference):
            yield Note(f"examples.rows: {reference} {ONLY_THERE}")
            continue
        try:
            for _ in labelled_rows([reference]):
                pass
        except BadInput as error:
            yield problem_of(error, "examples.rows")


def every_stage_has_rows(start: Start) -> Iterator[Finding]:
    """No stage is left with nothing to work on."""
    recipe = start.recipe
    rows = {
        "seeds.count": (recipe.seeds.count, recipe.examples.seeds, "the junior"),
        "propose.count": (recipe.propose.count, (), "the senior"),
        "correct.count": (
            min(recipe.correct.count, recipe.propose.count),
            recipe.examples.corrections,
            "the revisor",
        ),
        "synthesize.count": (recipe.synthesize.count, (), "the embedder"),
    }
    for field, (count, given, pupil) in rows.items():
        if not count and not given:
            yield Problem(f"{field}: 0 rows leave {pupil} nothing to learn from; give at least 1")
    if not recipe.evaluate.tasks:
        known = f"{', '.join(KNOWN)}, {BEIR}FOLDER, {MODULE}FILE or a name of MTEB"
        yield Problem(f"evaluate.tasks: none; name at least one of {known}")


def batches_can_be_dealt(start: Start) -> Iterator[Finding]:
    """The processes of a training get equal parts of its batches; devices without one are told."""
    for name in ("junior", "senior", "revisor", "embedder"):
        size = getattr(start.recipe, name).batch_size
        try:
            start.devices.check(name, size)
        except BadInput as error:
            yield problem_of(error)
            continue
        if idle := start.devices.idle(size):
            yield Note(f"{name}.batch_size: trains on {idle}")


def forecast_of(start: Start) -> list[Forecast]:
    """What each stage will take; nothing where a recording is not valid, which is told as such."""
    try:
        return plan(start.recipe, start.work.teacher)
    except BadInput:
        return []


def caps_cover_the_forecast(start: Start) -> Iterator[Finding]:
    """No cap of the budget stops the run before its end, or the one stage that starts here."""
    recipe, stages = start.recipe, forecast_of(start)
    asks = start.work.teacher not in OWN_TEACHERS and not start.stages
    if not stages:
        return
    here = [each for each in stages if each.stage in start.stages] or stages
    yield from _passed(WHOLE, recipe.teacher.caps, summed(here), calls=int(asks))
    if start.stages:
        for finding in _passed(WHOLE, recipe.teacher.caps, summed(stages)):
            yield Note(f"{finding.message} (of the whole run)")
    for each in here:
        if caps := recipe.teacher.stage_caps.get(each.stage):  # type: ignore[call-overload]
            yield from _passed(f"teacher.stage_caps.{each.stage}", caps, each)


def _passed(field: str, caps: TeacherCaps, total: Forecast, calls: int = 0) -> Iterator[Finding]:
    """The caps that `total` is over; `calls` are those of the preflight itself."""
    tokens = total.prompt_tokens + total.completion_tokens
    needed = {"calls": total.calls + calls, "tokens": tokens, "dollars": total.dollars}
    for name, cap in caps.model_dump().items():
        if cap is None or (need := needed[name]) is None or need <= cap:
            continue
        said = f"{field}.{name}: {cap:,g}, but {need:,.0f} are forecast"
        is_sure = name == "calls" or need > FORECAST_ERROR * cap
        yield Problem(f"{said}; raise the cap or ask for less") if is_sure else Note(said)


def pods_reach_the_places(start: Start) -> Iterator[Finding]:
    """Where pods run the stages, the run's folder and services are not of this machine."""
    if not start.is_elsewhere:
        return
    folders = {"run": start.work.settings.run, "channel": start.work.channel}
    for name, folder in folders.items():
        if folder and "://" not in folder and not folder.startswith("/"):
            yield Problem(
                f"{name}: {folder!r} is a folder of this machine; name a URL that all pods reach, "
                "as s3://bucket/run, or a folder of a volume that the placement mounts, as /runs/1"
            )
    endpoints = {"teacher": start.work.teacher, "generators": start.work.generators}
    for name, endpoint in endpoints.items():
        if endpoint == LOCAL:
            yield Problem(
                f"{name}: `local` starts an engine in the step's own pod; name an address, as in "
                "the step's --help"
            )


RECIPE_CHECKS: tuple[Check, ...] = (
    topics_are_enough,
    examples_are_valid,
    answers_are_recorded,
    every_stage_has_rows,
    tasks_are_known,
    batches_can_be_dealt,
    caps_cover_the_forecast,
    pods_reach_the_places,
)
