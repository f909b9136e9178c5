"""The state of a replica: what it serves, what it refuses."""

from dataclasses import dataclass, replace

from littlegiants.answers import RefusedWeights
from littlegiants.client import GeneratorClient
from littlegiants.credentials import Credentials
from littlegiants.errors import Unavailable
from littlegiants.replicas import Replica
from littlegiants.weights_pointer import Pointer

ANSWER_S = 10


@dataclass(frozen=True, slots=True)
class State:
    """What the generator at `address` serves, nothing while it starts, and what it refused."""

    address: str
    digest: str = ""
    refused: RefusedWeights | None = None

    @property
    def refusal(self) -> str:
        """Who refuses what, and why."""
        refused = self.refused
        return (
            f"{self.address} refuses {refused.weights_digest}: {refused.message}" if refused else ""
        )

    def refuses(self, pointer: Pointer) -> bool:
        """Whether it refuses what `pointer` names, at this version or a later one."""
        return (
            self.refused is not None
            and self.refused.weights_digest == pointer.digest
            and self.refused.weights_version >= pointer.version
        )


async def state_of(replica: Replica) -> State:
    """What it says of itself."""
    credentials = Credentials.from_environment()
    named = replace(credentials, server_name=credentials.server_name or replica.name)
    async with GeneratorClient(replica.address, credentials=named) as client:
        if not await client.is_serving(timeout_s=ANSWER_S):
            return State(replica.address)
        try:
            info = await client.model_info(timeout_s=ANSWER_S)
        except Unavailable:
            return State(replica.address)
        return State(replica.address, info.weights_digest, info.refused)
