"""RevisorService: each call is translated, written and translated back."""

from collections.abc import AsyncIterator, Iterable, Iterator

from littlegiants.errors import BadInput
from littlegiants.v1 import revisor_pb2, revisor_pb2_grpc
from services.generator.asking import ask_of_revise
from services.generator.jobs import Job, done, run_batch
from services.generator.results import refused, revise_result
from services.generator.served import Served
from services.generator.statuses import Context, answered
from services.generator.writing import write


class RevisorServicer(revisor_pb2_grpc.RevisorServiceServicer):
    """Samples, mended."""

    def __init__(self, served: Served) -> None:
        self.served = served

    async def Revise(
        self, request: revisor_pb2.ReviseRequest, context: Context
    ) -> revisor_pb2.ReviseResponse:
        """One revision."""
        async with answered(context):
            job = self._job(0, request)
            self.served.admit(1)
            result = await job()
        return revisor_pb2.ReviseResponse(result=result)

    async def ReviseBatch(
        self, request: revisor_pb2.ReviseBatchRequest, context: Context
    ) -> AsyncIterator[revisor_pb2.ReviseBatchResponse]:
        """Revisions as they are done, then the summary."""
        async with answered(context):
            messages = run_batch(
                self._jobs(request.requests),
                self.served,
                revisor_pb2.ReviseBatchResponse,
                request_count=len(request.requests),
            )
            async for message in messages:
                yield message

    def _jobs(
        self, requests: Iterable[revisor_pb2.ReviseRequest]
    ) -> Iterator[Job[revisor_pb2.ReviseResult]]:
        for index, request in enumerate(requests):
            try:
                yield self._job(index, request)
            except BadInput as error:
                yield done(refused(revisor_pb2.ReviseResult, error, index, request.request_id))

    def _job(self, index: int, request: revisor_pb2.ReviseRequest) -> Job[revisor_pb2.ReviseResult]:
        ask = ask_of_revise(request, self.served.settings)

        async def job() -> revisor_pb2.ReviseResult:
            written = await write(ask, self.served)
            return revise_result(written, index=index, request_id=request.request_id)

        return job
