"""A trained generator in, the same generator served."""

import asyncio

from littlegiants.weights import weights_path
from pipelines.cli.step_flags import LOCAL, FolderSettings, GeneratorsSettings, RoleSettings
from pipelines.generators.kept_adapters import is_served_on_base, local_adapter
from pipelines.generators.kserve import SCHEME, promote_role
from pipelines.generators.promotion import (
    POINTER,
    await_served,
    channel,
    promote_weights,
    weights_url,
)
from pipelines.run.kept_models import local_model
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.steps.finetune import role_of


class PromoteSettings(RoleSettings, GeneratorsSettings, FolderSettings):
    """Put a model into the weights channel and wait until its generators serve it.

    python -m pipelines.steps.promote --role senior --generators 'dns:///{role}:50051'
    """


async def promote(work: Work) -> Tally:
    """Write `weights/ROLE/DIGEST/` and then `weights/ROLE/current.json`."""
    role = role_of(work.settings)
    folder = local_adapter(work, role) if is_served_on_base(work) else local_model(work, role)
    pointer = promote_weights(work.run, role, folder)
    if work.generators.startswith(SCHEME):
        uri = f"{weights_url(work.run)}/{weights_path(role, pointer.digest)}"
        await asyncio.to_thread(promote_role, work.generators, role, uri)
    if work.generators != LOCAL:
        await await_served(work.generators, channel(work.run, role), pointer)
    return Tally(in_count=1, out_count=1, detail={"role": role, "weights": pointer.digest})


STEP = Step(
    title=lambda settings: f"promote-{role_of(settings)}",
    settings=PromoteSettings,
    sections=lambda settings: ("weights",),
    reads=lambda settings: (f"models/{role_of(settings)}", f"adapters/{role_of(settings)}"),
    writes=lambda settings: (POINTER.format(role=role_of(settings)),),
    body=promote,
)

if __name__ == "__main__":
    main(STEP)
