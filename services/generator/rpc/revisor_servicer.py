"""RevisorService: each call is translated, written and translated back."""

from collections.abc import AsyncIterator

from littlegiants.v1 import revisor_pb2, revisor_pb2_grpc
from services.generator.generation.attempts import write
from services.generator.generation.requests import ask_of_revise
from services.generator.generation.served_model import Served
from services.generator.rpc.batch import Job, jobs_of, run_batch
from services.generator.rpc.item_observer import observed
from services.generator.rpc.responses import revise_result
from services.generator.rpc.statuses import Context, answered
from services.generator.telemetry.current_call import note_request

Result = revisor_pb2.ReviseResult
KINDS = (Result, revisor_pb2.ReviseBatchResponse)


class RevisorServicer(revisor_pb2_grpc.RevisorServiceServicer):
    """Samples, mended."""

    def __init__(self, served: Served) -> None:
        self.served = served

    async def Revise(
        self, request: revisor_pb2.ReviseRequest, context: Context
    ) -> revisor_pb2.ReviseResponse:
        """One revision."""
        note_request(request.request_id)
        async with answered(context):
            (job,) = self._job(0, request)
            self.served.admit(1)
            result = await observed(job.write, job.names, self.served)
        return revisor_pb2.ReviseResponse(result=result)

    async def ReviseBatch(
        self, request: revisor_pb2.ReviseBatchRequest, context: Context
    ) -> AsyncIterator[revisor_pb2.ReviseBatchResponse]:
        """Revisions as they are done, then the summary."""
        async with answered(context):
            jobs = jobs_of(request.requests, self._job)
            count = len(request.requests)
            async for message in run_batch(jobs, self.served, KINDS, request_count=count):
                yield message

    def _job(
        self, index: int, request: revisor_pb2.ReviseRequest
    ) -> tuple[Job[revisor_pb2.ReviseResult]]:
        ask = ask_of_revise(request, self.served.settings)
        names = {"index": index, "request_id": request.request_id}

        async def revise() -> Result:
            return revise_result(await write(ask, self.served), names)

        return (Job(revise, names),)
