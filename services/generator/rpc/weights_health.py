"""Health checks, and one more that replicas ask each other: how far are you with these weights?"""

from typing import Any

from grpc_health.v1.health import aio as health_aio
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from services.generator.generation.served_model import Served
from services.generator.weights.turns import CHANGING, NOT_SERVING, SERVING, WEIGHTS


class WeightsHealth(health_aio.HealthServicer):
    """Under a digest of weights it says whether others need wait for this replica to load them."""

    def __init__(self, served: Served) -> None:
        super().__init__()
        self.served = served

    async def Check(self, request: HealthCheckRequest, context: Any) -> Any:
        """Of weights: served or refused, not yet, or changing; of other names as always."""
        if not request.service.startswith(WEIGHTS):
            return await super().Check(request, context)
        return HealthCheckResponse(status=self._state(request.service.removeprefix(WEIGHTS)))

    def _state(self, digest: str) -> Any:
        served, refused = self.served, self.served.refused
        if served.settings.candidate:
            return SERVING  # it stands beside the others, who wait for each other
        if served.turns.is_changing:
            return CHANGING
        has_done = digest in (served.weights.digest, refused.weights_digest if refused else "")
        return SERVING if has_done else NOT_SERVING
