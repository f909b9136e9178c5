"""Where a step finds its teacher and its generators: started for it, or already running."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from littlegiants.adapters import served_rank
from littlegiants.client import GeneratorClient, RevisorClient
from littlegiants.credentials import Credentials
from littlegiants.errors import Unavailable
from pipelines.adapters import is_served_on_base
from pipelines.budget import Budget, Caps
from pipelines.kept_dialect import KeptDialect, kept_dialect
from pipelines.local_services import local_generator, local_teacher, one_engine
from pipelines.prices import FREE, Price, price_of
from pipelines.promotion import address_of, current_digest, weights_url
from pipelines.recipe import Recipe
from pipelines.recorded_endpoint import RecordedEndpoint
from pipelines.recordings import Recording, answers_of, read_recording
from pipelines.run import Run
from pipelines.stage import Work
from pipelines.step_flags import LOCAL, RECORDED
from pipelines.teacher_address import checked_place, headers_from, key_from
from pipelines.teacher_section import TeacherCaps
from pipelines.training.models import resolve_model

if TYPE_CHECKING:
    from pipelines.teacher import Teacher
    from pipelines.teacher_client import Endpoint

BASE = "base"
"""In place of a role: the untuned generator, only ever served locally, to be compared with."""


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
    from pipelines.teacher import Teacher
    from pipelines.teacher_client import TeacherClient

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
    from pipelines.teacher_client import Endpoint

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


@asynccontextmanager
async def generator_of(work: Work, role: str) -> AsyncIterator[GeneratorClient | RevisorClient]:
    """A client of the generator of `role`, which must serve the promoted weights.

    Raises Unavailable when it serves other weights.
    """
    client_type = RevisorClient if role == "revisor" else GeneratorClient
    place = work.generators
    if place != LOCAL and role != BASE:
        async with client_type(address_of(place, role)) as client:
            await _expect(client, current_digest(work.run, role), role)
            yield client
        return
    serving, log = work.run.recipe.serving, log_of(work, role)
    with one_engine(work.folder):
        async with (
            local_generator(*source_of(work, role), serving, log=log) as address,
            client_type(address, credentials=Credentials()) as client,
        ):
            if role != BASE:
                await _expect(client, current_digest(work.run, role), role)
            yield client


def source_of(work: Work, role: str) -> tuple[str, tuple[str, ...]]:
    """Role and weights of a local generator."""
    recipe = work.run.recipe
    if role == BASE:
        model = resolve_model(recipe.models.generator, work.models)
        return "junior", ("--model", str(model))
    weights = ("--weights", weights_url(work.run))
    if not is_served_on_base(work):
        return role, weights
    base = resolve_model(recipe.models.generator, work.models)
    rank = served_rank(recipe.highest_rank)
    return role, (*weights, "--adapter-base", str(base), "--max-adapter-rank", str(rank))


def weights_key(work: Work, role: str) -> str:
    """What a generator's answers are kept under: other weights' are asked anew."""
    return work.run.recipe.models.generator if role == BASE else current_digest(work.run, role)


async def _expect(client: GeneratorClient | RevisorClient, digest: str, role: str) -> None:
    info = await client.model_info()
    if info.weights_digest != digest:
        raise Unavailable(
            f"{role}: serves {info.weights_digest}, the run promoted {digest}; run promote again"
        )


def log_of(work: Work, name: str) -> Path:
    """Where a local service writes its log."""
    return work.folder / "logs" / f"{work.name}-{name}.log"
