"""GeneratorService: each call is translated, written and translated back."""

from collections.abc import AsyncIterator, Iterable, Iterator
from functools import partial

from littlegiants.errors import BadInput
from littlegiants.samples import Sample
from littlegiants.v1 import generator_pb2, generator_pb2_grpc
from services.generator.asking import Ask, asks_of_generate
from services.generator.jobs import Job, done, run, run_batch
from services.generator.results import generate_result, refused
from services.generator.served import Served
from services.generator.statuses import Context, answered
from services.generator.writing import write


class GeneratorServicer(generator_pb2_grpc.GeneratorServiceServicer):
    """Samples on request."""

    def __init__(self, served: Served) -> None:
        self.served = served

    async def Generate(
        self, request: generator_pb2.GenerateRequest, context: Context
    ) -> generator_pb2.GenerateResponse:
        """Every candidate of one prompt."""
        async with answered(context):
            jobs = self._candidates(0, request)
            self.served.admit(len(jobs))
            results = [result async for result in run(jobs, self.served)]
        results.sort(key=lambda result: result.candidate)
        return generator_pb2.GenerateResponse(results=results)

    async def GenerateBatch(
        self, request: generator_pb2.GenerateBatchRequest, context: Context
    ) -> AsyncIterator[generator_pb2.GenerateBatchResponse]:
        """Candidates of many prompts as they are done, then the summary."""
        async with answered(context):
            messages = run_batch(
                self._jobs(request.requests),
                self.served,
                generator_pb2.GenerateBatchResponse,
                request_count=len(request.requests),
            )
            async for message in messages:
                yield message

    def _jobs(
        self, requests: Iterable[generator_pb2.GenerateRequest]
    ) -> Iterator[Job[generator_pb2.GenerateResult]]:
        for index, request in enumerate(requests):
            try:
                yield from self._candidates(index, request)
            except BadInput as error:
                yield done(refused(generator_pb2.GenerateResult, error, index, request.request_id))

    def _candidates(
        self, index: int, request: generator_pb2.GenerateRequest
    ) -> list[Job[generator_pb2.GenerateResult]]:
        async def write_one(candidate: int, ask: Ask[Sample]) -> generator_pb2.GenerateResult:
            written = await write(ask, self.served)
            return generate_result(
                written, index=index, candidate=candidate, request_id=request.request_id
            )

        asks = asks_of_generate(request, self.served.settings)
        return [partial(write_one, candidate, ask) for candidate, ask in enumerate(asks)]
