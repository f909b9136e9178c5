"""What a call has to write, one job a result, run side by side."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, TypeVar

from littlegiants.as_finished import as_finished
from littlegiants.errors import BadInput
from littlegiants.v1 import generator_pb2, revisor_pb2
from services.generator.results import Summary
from services.generator.served import Served

Result = TypeVar("Result", generator_pb2.GenerateResult, revisor_pb2.ReviseResult)
Response = TypeVar("Response")
Job = Callable[[], Coroutine[Any, Any, Result]]


def done(result: Result) -> Job[Result]:
    """A job whose result is known already."""

    async def job() -> Result:
        return result

    return job


async def run(jobs: Iterable[Job[Result]], served: Served) -> AsyncGenerator[Result, None]:
    """Results in the order in which they are done; no more jobs are taken than can be under way."""
    results = as_finished(jobs, lambda job: job(), concurrency=served.settings.max_seqs)
    async with aclosing(results):
        async for result in results:
            yield result


async def run_batch(
    jobs: Iterable[Job[Result]],
    served: Served,
    response: Callable[..., Response],
    *,
    request_count: int,
) -> AsyncGenerator[Response, None]:
    """The messages of a batch's answer: results, then the summary.

    Raises BadInput when the batch is too large, Unavailable when the server is draining.
    """
    limit = served.settings.max_batch_requests
    if not 1 <= request_count <= limit:
        raise BadInput(f"requests: are {request_count}; send 1 to {limit} in a batch")
    served.admit(request_count)
    summary = Summary(request_count)
    results = run(jobs, served)
    async with aclosing(results):
        async for result in results:
            summary.add(result)
            yield response(result=result)
    yield response(summary=summary.to_wire())
