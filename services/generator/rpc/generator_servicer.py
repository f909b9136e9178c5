"""GeneratorService: each call is translated, written and translated back."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from littlegiants.samples import Sample
from littlegiants.v1 import generator_pb2, generator_pb2_grpc
from services.generator.generation.attempts import write
from services.generator.generation.requests import Ask, asks_of_generate
from services.generator.generation.served_model import Served
from services.generator.rpc.batch import Job, jobs_of, run, run_batch
from services.generator.rpc.responses import generate_result
from services.generator.rpc.statuses import Context, answered
from services.generator.telemetry.current_call import note_request

Result = generator_pb2.GenerateResult
KINDS = (Result, generator_pb2.GenerateBatchResponse)


class GeneratorServicer(generator_pb2_grpc.GeneratorServiceServicer):
    """Samples on request."""

    def __init__(self, served: Served) -> None:
        self.served = served

    async def Generate(
        self, request: generator_pb2.GenerateRequest, context: Context
    ) -> generator_pb2.GenerateResponse:
        """Every candidate of one prompt."""
        note_request(request.request_id)
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
            jobs = jobs_of(request.requests, self._candidates)
            limit = self.served.settings.max_count
            messages = run_batch(
                jobs,
                self.served,
                KINDS,
                request_count=len(request.requests),
                item_count=sum(min(max(each.count, 1), limit) for each in request.requests),
            )
            async for message in messages:
                yield message

    def _candidates(
        self, index: int, request: generator_pb2.GenerateRequest
    ) -> list[Job[generator_pb2.GenerateResult]]:
        async def write_one(ask: Ask[Sample], names: dict[str, Any]) -> Result:
            return generate_result(await write(ask, self.served), names)

        jobs = []
        for candidate, ask in enumerate(asks_of_generate(request, self.served.settings)):
            names = {"index": index, "candidate": candidate, "request_id": request.request_id}
            jobs.append(Job(partial(write_one, ask, names), names))
        return jobs
