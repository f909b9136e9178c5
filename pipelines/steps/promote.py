"""A trained generator in, the same generator served."""

import asyncio

from littlegiants.weights import weights_path
from pipelines.kserve_promotion import SCHEME, promote_role
from pipelines.models import local_model
from pipelines.promotion import POINTER, await_served, promote_weights, weights_url
from pipelines.run import Tally
from pipelines.stage import LOCAL, RoleSettings, Step, Work, main
from pipelines.steps.finetune import role_of


class PromoteSettings(RoleSettings):
    """Put a model into the weights channel and wait until its generators serve it."""


async def promote(work: Work) -> Tally:
    """Write `weights/ROLE/DIGEST/` and then `weights/ROLE/current.json`."""
    role = role_of(work.settings)
    digest = promote_weights(work.run, role, local_model(work, role))
    if work.settings.generators.startswith(SCHEME):
        uri = f"{weights_url(work.run)}/{weights_path(role, digest)}"
        await asyncio.to_thread(promote_role, work.settings.generators, role, uri)
    if work.settings.generators != LOCAL:
        await await_served(work.settings.generators, role, digest)
    return Tally(in_count=1, out_count=1, detail={"role": role, "weights": digest})


STEP = Step(
    title=lambda settings: f"promote-{role_of(settings)}",
    settings=PromoteSettings,
    sections=lambda settings: (),
    reads=lambda settings: (f"models/{role_of(settings)}",),
    writes=lambda settings: (POINTER.format(role=role_of(settings)),),
    body=promote,
)

if __name__ == "__main__":
    main(STEP)
