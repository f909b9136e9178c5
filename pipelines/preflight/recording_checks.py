"""Whether a recorded teacher has the answers that a recipe will ask for."""

from collections.abc import Iterator

from littlegiants.errors import BadInput
from littlegiants.kinds import SPECS
from pipelines.data.prompt_plan import kinds_for
from pipelines.preflight.findings import Finding, Note, Problem, Start, problem_of
from pipelines.recipe.recipe import Recipe
from pipelines.teacher.endpoint import recording_of
from pipelines.teacher.recordings import Recording
from pipelines.topics.topics import choose_topics, given_topics, is_grown

REMEDY = "record them, or ask another teacher with --teacher local, openai or a base URL"


def answers_are_recorded(start: Start) -> Iterator[Finding]:
    """Every row of a recorded teacher is valid, and the recipe's topics are among its own."""
    try:
        recording = recording_of(start.work)
    except BadInput as error:
        yield problem_of(error)
        return
    if recording:
        yield from _missing(start.recipe, recording)


def _missing(recipe: Recipe, recording: Recording) -> Iterator[Finding]:
    folder, count = recipe.teacher.recording, recipe.topics.count
    try:
        given = given_topics(recipe)
        topics = [] if is_grown(recipe) else choose_topics(given, count, recipe.seed)
    except BadInput:
        return  # told by the check of topics
    if is_grown(recipe):
        yield Problem(f"topics.source: {folder} grows no topics; {REMEDY}")
    kinds = kinds_for(topics, recipe).items()
    asked = {(topic, kind) for topic, kind in kinds if not SPECS[kind].fixed_task}
    missing = asked - {(task.topic, task.kind) for task in recording.tasks}
    if missing:
        said = f"teacher.recording: {folder} has no task for {len(missing)} of {len(asked)} topics"
        is_all = missing == asked
        yield Problem(f"{said}; {REMEDY}") if is_all else Note(f"{said}; they are dropped")
