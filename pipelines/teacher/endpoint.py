"""The endpoint of the teacher: bought, recorded, or started for the step; and what it may cost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pipelines.budget.budget import Budget
from pipelines.budget.usage import Caps
from pipelines.chat_api.kept_dialect import KeptDialect, kept_dialect
from pipelines.cli.step_flags import LOCAL, RECORDED
from pipelines.models.model_folders import resolve_model
from pipelines.openai_client.address import checked_place, headers_from, key_from
from pipelines.recipe.prices import FREE, Price, price_of
from pipelines.recipe.recipe import Recipe
from pipelines.recipe.teacher_section import TeacherCaps
from pipelines.run.folder import Run
from pipelines.run.local_engines import local_teacher, log_of, one_engine
from pipelines.run.step import Work
from pipelines.teacher.recorded_endpoint import RecordedEndpoint
from pipelines.teacher.recordings import Recording, answers_of, read_recording

if TYPE_CHECKING:
    from pipelines.chat_api.teacher import Teacher
    from pipelines.openai_client.client import Endpoint


def budget_of(run: Run) -> Budget:
    """The run's ledger with its recipe's caps."""
    teacher = run.recipe.teacher
    stages: dict[str, Caps] = {
        stage: caps_of(section) for stage, section in teacher.stage_caps.items()
    }
    return Budget(run.folder / "ledger", caps_of(teacher.caps), stages)


def caps_of(section: TeacherCaps) -> Caps:
    """A recipe's caps as the budget takes them."""
    return Caps(section.calls, section.tokens, section.dollars)


def teacher_model(work: Work) -> str:
    """Name under which answers are kept: another model's are asked anew."""
    recipe = work.run.recipe
    if recording := recording_of(work):
        return f"{RECORDED}:{recipe.teacher.recording}@{recording.digest}"
    return recipe.models.teacher if work.teacher == LOCAL else recipe.teacher.model


def recording_of(work: Work) -> Recording | None:
    """What the teacher has recorded, when it is a recorded one."""
    recipe = work.run.recipe
    return read_recording(recipe.teacher.recording) if work.teacher == RECORDED else None


def teacher_price(recipe: Recipe, place: str) -> Price | None:
    """What its tokens cost; a local teacher's have no price but one that the recipe gives."""
    teacher = recipe.teacher
    if place == RECORDED:
        return FREE
    return price_of("" if place == LOCAL else teacher.model, teacher.prices)


@asynccontextmanager
async def teacher_of(work: Work) -> AsyncIterator["Teacher"]:
    """The teacher at its place; a local one lives as long as the context."""
    from pipelines.chat_api.teacher import Teacher
    from pipelines.openai_client.client import TeacherClient

    settings = work.run.recipe.teacher
    price = teacher_price(work.run.recipe, work.teacher)
    budget = budget_of(work.run)
    async with endpoint_of(work) as endpoint:
        client = TeacherClient(endpoint, settings.timeout_s)
        try:
            yield Teacher(
                client,
                endpoint.model,
                settings=settings,
                budget=budget,
                stage=work.name,
                price=price,
                kept=lessons_of(work),
            )
        finally:
            await asyncio.to_thread(budget.close)
            await client.close()


def lessons_of(work: Work) -> KeptDialect:
    """What the run has learnt of its teacher."""
    return kept_dialect(work.run.folder, work.teacher, teacher_model(work))


@asynccontextmanager
async def endpoint_of(work: Work) -> AsyncIterator["Endpoint"]:
    """Where the teacher answers; a local one is started, and ended with the context."""
    from pipelines.openai_client.client import Endpoint

    recipe, place = work.run.recipe, work.teacher
    if recording := recording_of(work):
        answers = RecordedEndpoint(answers_of(recording, recipe))
        yield Endpoint("http://recorded", RECORDED, key="none", replies=answers)
        return
    if place != LOCAL:
        settings, version = recipe.teacher, recipe.teacher.azure_api_version
        url, headers = checked_place(place, version), headers_from(settings.headers)
        key = key_from(settings.key_variable, place)
        yield Endpoint(url, settings.model, key, version, headers=headers)
        return
    model = resolve_model(recipe.models.teacher, work.models)
    log = log_of(work, "teacher")
    with one_engine(work.folder):
        async with local_teacher(model, recipe.serving, log=log) as url:
            yield Endpoint(url, "teacher", key="local")
