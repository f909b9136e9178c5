"""Where a step finds its teacher and its generators: started for it, or already running."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from littlegiants.adapters import served_rank
from littlegiants.client import GeneratorClient, RevisorClient
from littlegiants.credentials import Credentials
from littlegiants.errors import BadInput, Unavailable
from pipelines.adapters import is_served_on_base
from pipelines.budget import Budget, Caps
from pipelines.local_services import local_generator, local_teacher
from pipelines.promotion import address_of, current_digest, weights_url
from pipelines.run import Run
from pipelines.stage import LOCAL, Work
from pipelines.training.models import resolve_model

if TYPE_CHECKING:
    from pipelines.teacher import Teacher

OPENAI = "openai"
KEY_VARIABLE = "OPENAI_API_KEY"
BASE = "base"
"""In place of a role: the untuned generator, only ever served locally, to be compared with."""


def budget_of(run: Run) -> Budget:
    """The run's ledger with its recipe's caps."""
    caps = run.recipe.teacher.caps
    return Budget(run.folder / "ledger", Caps(caps.calls, caps.tokens, caps.dollars))


def teacher_model(work: Work) -> str:
    """Name under which answers are kept: another model's are asked anew."""
    recipe = work.run.recipe
    return recipe.models.teacher if work.settings.teacher == LOCAL else recipe.teacher.model


@asynccontextmanager
async def teacher_of(work: Work) -> AsyncIterator["Teacher"]:
    """The teacher at its place; a local one lives as long as the context."""
    from pipelines.teacher import Endpoint, Teacher

    recipe, place = work.run.recipe, work.settings.teacher
    budget = budget_of(work.run)
    try:
        if place != LOCAL:
            url = "" if place == OPENAI else place
            endpoint = Endpoint(url, recipe.teacher.model, key=key_for(place))
            yield Teacher(endpoint, settings=recipe.teacher, budget=budget)
            return
        model = resolve_model(recipe.models.teacher, work.models)
        log = log_of(work, "teacher")
        with one_engine(work):
            async with local_teacher(model, recipe.serving, log=log) as url:
                endpoint = Endpoint(url, "teacher", key="local")
                yield Teacher(endpoint, settings=recipe.teacher, budget=budget)
    finally:
        budget.close()


def key_for(place: str) -> str:
    """The key of a bought teacher, from the environment.

    Raises BadInput when there is none.
    """
    key = os.environ.get(KEY_VARIABLE)
    if not key:
        raise BadInput(f"{KEY_VARIABLE}: set it to the key of the teacher's endpoint ({place})")
    return key


@asynccontextmanager
async def generator_of(work: Work, role: str) -> AsyncIterator[GeneratorClient | RevisorClient]:
    """A client of the generator of `role`, which must serve the promoted weights.

    Raises Unavailable when it serves other weights.
    """
    client_type = RevisorClient if role == "revisor" else GeneratorClient
    place = work.settings.generators
    if place != LOCAL and role != BASE:
        async with client_type(address_of(place, role)) as client:
            await _expect(client, current_digest(work.run, role), role)
            yield client
        return
    serving, log = work.run.recipe.serving, log_of(work, role)
    with one_engine(work):
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


def one_engine(work: Work) -> FileLock:
    """Local engines of a run start one after another, so that they fit into one machine."""
    work.folder.mkdir(parents=True, exist_ok=True)
    return FileLock(work.folder / "engine.lock")


def log_of(work: Work, name: str) -> Path:
    """Where a local service writes its log."""
    return work.folder / "logs" / f"{work.name}-{name}.log"
