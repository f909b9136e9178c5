"""The first weights of a server, and what it serves before there are any."""

import asyncio
import logging
import time

from littlegiants.heartbeat import doing
from littlegiants.weights import manifest_of
from littlegiants.weights_pointer import Pointer
from services.generator.settings import GeneratorSettings
from services.generator.weights.source import (
    NothingPromoted,
    Weights,
    current_pointer,
    find_weights,
)

log = logging.getLogger(__name__)

FIRST_POLL_S = 5.0


def base_weights(settings: GeneratorSettings) -> Weights:
    """The base alone, under version 0, as a role is that was never promoted.

    Raises BadInput when it is no model.
    """
    folder = settings.adapter_base
    assert folder, "settings with roles have a base"
    manifest = manifest_of(folder)
    return Weights(folder, manifest.digest, tensors_digest=manifest.tensors_digest)


async def first_weights(settings: GeneratorSettings) -> Weights:
    """What is served first; waits `first_wait_s` for the role's first promotion.

    Several roles begin as their base. Raises as `find_weights`.
    """
    if settings.roles:
        return await asyncio.to_thread(base_weights, settings)
    end = time.monotonic() + settings.first_wait_s
    said = False
    with doing(f"no {settings.role} was promoted to {settings.weights} yet; waiting"):
        while True:
            try:
                return await asyncio.to_thread(find_weights, settings)
            except NothingPromoted as error:
                if time.monotonic() >= end:
                    raise
                if not said:
                    limit_s = settings.first_wait_s
                    log.info("waiting %.0f s for the first weights: %s", limit_s, error)
                said = True
                await asyncio.sleep(settings.poll_s or FIRST_POLL_S)


def followed_pointer(settings: GeneratorSettings, *, is_needed: bool) -> Pointer | None:
    """What the role's pointer says now; None where it need not be there, and is not.

    Raises as `current_pointer`.
    """
    try:
        return current_pointer(settings.weights, settings.role, candidate=settings.candidate)
    except NothingPromoted:
        if is_needed:
            raise
    return None
