"""The endpoint of a generator: started for the step, or already running."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from littlegiants.adapters import served_rank
from littlegiants.answers import ModelInfo
from littlegiants.client import GeneratorClient, RevisorClient
from littlegiants.credentials import Credentials
from littlegiants.errors import BadInput, Unavailable
from pipelines.cli.step_flags import LOCAL
from pipelines.generators.kept_adapters import is_served_on_base
from pipelines.generators.listening import Handshakes
from pipelines.generators.promotion import (
    ASK_INTERVAL_S,
    FIRST_INTERVAL_S,
    SERVE_LIMIT_S,
    address_of,
    check_stands,
    current_digest,
    promoted,
    weights_url,
)
from pipelines.models.model_folders import resolve_model
from pipelines.recipe.recipe import Recipe
from pipelines.run.local_engines import local_generator, log_of, one_engine
from pipelines.run.step import Work
from pipelines.step_progress import say

BASE, INSTRUCT = "base", "instruct"
"""In place of a role: untuned generators, only ever served locally, to be compared with."""
UNTUNED = (BASE, INSTRUCT)
NOT_STARTED = (
    "synthesize.others: {0} is of another run, and no step starts it; name where it is served, "
    "--generators junior=ADDRESS,senior=ADDRESS,revisor=ADDRESS,{0}=ADDRESS"
)


@asynccontextmanager
async def generator_of(work: Work, role: str) -> AsyncIterator[GeneratorClient | RevisorClient]:
    """A client of the generator of `role`, which must serve the promoted weights.

    Raises Unavailable when it serves other weights, BadInput when others were promoted since.
    """
    client_type = RevisorClient if role == "revisor" else GeneratorClient
    generators = work.generators
    if generators != LOCAL and role not in UNTUNED:
        async with client_type(address_of(generators, role)) as client:
            await _expect(client, work, role)
            yield client
        return
    if role in work.run.recipe.synthesize.others:
        raise BadInput(NOT_STARTED.format(role))
    serving, log = work.run.recipe.serving, log_of(work, role)
    with one_engine(work.folder):
        async with (
            local_generator(*source_of(work, role), serving, log=log) as address,
            client_type(address, credentials=Credentials()) as client,
        ):
            if role not in UNTUNED:
                await _expect(client, work, role)
            yield client


def source_of(work: Work, role: str) -> tuple[str, tuple[str, ...]]:
    """Role and weights of a local generator."""
    recipe = work.run.recipe
    if role in UNTUNED:
        model = resolve_model(untuned_model(recipe, role), work.models)
        return "junior", ("--model", str(model))
    weights = ("--weights", weights_url(work.run))
    if not is_served_on_base(work):
        return role, weights
    base = resolve_model(recipe.models.generator, work.models)
    rank = served_rank(recipe.highest_rank)
    return role, (*weights, "--adapter-base", str(base), "--max-adapter-rank", str(rank))


def weights_key(work: Work, role: str) -> str:
    """What a generator's answers are kept under: other weights' are asked anew."""
    recipe = work.run.recipe
    if role in recipe.synthesize.others:
        return recipe.synthesize.others[role]
    return untuned_model(recipe, role) if role in UNTUNED else current_digest(work.run, role)


def untuned_model(recipe: Recipe, role: str) -> str:
    """The model in place of a role."""
    return recipe.models.generator if role == BASE else recipe.models.unaligned


async def awake(client: GeneratorClient | RevisorClient, role: str) -> ModelInfo:
    """What a generator says of itself, as soon as it serves: one that slept has to load first, and
    until then its name stands for nothing.

    Raises Unavailable when half an hour is over, BadInput when TLS keeps the caller out.
    """
    ends, interval_s = time.monotonic() + SERVE_LIMIT_S, FIRST_INTERVAL_S
    handshakes = Handshakes(client.credentials)
    while True:
        try:
            if await client.is_serving() or time.monotonic() >= ends:
                return await client.model_info()
        except Unavailable:
            if time.monotonic() >= ends:
                raise
        await handshakes.check(client.address)
        if interval_s == FIRST_INTERVAL_S:
            say(role, f"nobody serves at {client.address} yet; waiting, as for one that is woken")
        await asyncio.sleep(min(interval_s, ASK_INTERVAL_S))
        interval_s *= 2


async def _expect(client: GeneratorClient | RevisorClient, work: Work, role: str) -> None:
    digest, info = weights_key(work, role), await awake(client, role)
    if info.weights_digest == digest:
        return
    found = f"{role}: serves {info.weights_digest}, the run wants {digest}"
    if role in work.run.recipe.synthesize.others:
        raise Unavailable(f"{found}; name what it serves in synthesize.others")
    weights, pointer = promoted(work.run, role)
    check_stands(weights, pointer)
    raise Unavailable(
        f"{found}, which is live in {weights.folder}: a generator that follows that channel loads "
        "it, or its log says why not; to one that follows another, promote with --channel of that"
    )
