"""ModelService and AdminService: what is served, and what an operator does about it."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from littlegiants.errors import BadInput
from littlegiants.prompts import prompt_digests
from littlegiants.samples import schema_digests
from littlegiants.v1 import admin_pb2, admin_pb2_grpc, model_pb2, model_pb2_grpc
from littlegiants.wire import MAX_MESSAGE_BYTES, enum_label
from services.generator.generation.served_model import Served
from services.generator.rpc.statuses import Context, answered

LONGEST_DRAIN_S = 86_400


class ModelServicer(model_pb2_grpc.ModelServiceServicer):
    """What is served."""

    def __init__(self, served: Served) -> None:
        self.served = served

    async def GetModelInfo(
        self, request: model_pb2.GetModelInfoRequest, context: Context
    ) -> model_pb2.GetModelInfoResponse:
        """Model, weights, prompts and limits."""
        settings, info = self.served.settings, self.served.engine.info
        return model_pb2.GetModelInfoResponse(
            role=enum_label("ROLE", settings.role),
            base_id=info.base_id,
            weights_digest=self.served.weights.digest,
            weights_version=self.served.weights.version,
            prompt_digests=prompt_digests(),
            schema_digests=schema_digests(),
            limits=model_pb2.Limits(
                max_context_tokens=settings.max_model_len,
                max_concurrent_completions=settings.max_seqs,
                max_waiting_completions=settings.max_waiting,
                max_batch_requests=settings.max_batch_requests,
                max_count=settings.max_count,
                max_attempts=settings.max_attempts,
                max_message_bytes=MAX_MESSAGE_BYTES,
            ),
            engine_version=info.engine_version,
            refused_weights=self._refused(),
        )

    def _refused(self) -> model_pb2.RefusedWeights | None:
        refused = self.served.refused
        return model_pb2.RefusedWeights(**asdict(refused)) if refused else None


class AdminServicer(admin_pb2_grpc.AdminServiceServicer):
    """Reload and drain."""

    def __init__(self, served: Served, not_ready: Callable[[], Awaitable[None]]) -> None:
        self.served = served
        self.not_ready = not_ready

    async def Reload(
        self, request: admin_pb2.ReloadRequest, context: Context
    ) -> admin_pb2.ReloadResponse:
        """Follow the weights pointer now."""
        async with answered(context):
            changed = await self.served.reload()
        return admin_pb2.ReloadResponse(weights_digest=self.served.weights.digest, changed=changed)

    async def Drain(
        self, request: admin_pb2.DrainRequest, context: Context
    ) -> admin_pb2.DrainResponse:
        """Readiness off, no new calls, wait for the others."""
        has_limit = request.HasField("timeout_s")
        timeout_s = request.timeout_s if has_limit else self.served.settings.grace_s
        async with answered(context):
            # a timer for "not a number" would stop every other timer of the process
            if not 0 <= timeout_s <= LONGEST_DRAIN_S:
                raise BadInput(f"timeout_s: is {timeout_s}; give 0 to {LONGEST_DRAIN_S}")
        await self.not_ready()
        return admin_pb2.DrainResponse(unfinished_count=await self.served.drain(timeout_s))
