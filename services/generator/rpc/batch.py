"""A batch call as jobs: one for each result, run side by side."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from littlegiants.as_finished import as_finished
from littlegiants.errors import BadInput
from littlegiants.v1 import generator_pb2, revisor_pb2, score_pb2
from services.generator.generation.served_model import Served, TooOld
from services.generator.rpc.item_observer import observed
from services.generator.rpc.responses import Summary, refused

Result = TypeVar(
    "Result", generator_pb2.GenerateResult, revisor_pb2.ReviseResult, score_pb2.ScoreResult
)
Response = TypeVar("Response")
Request = TypeVar("Request", bound=Any)
"""Has a request_id."""
Write = Callable[[], Coroutine[Any, Any, Result]]

ITEMS_FAULTS = (BadInput, TooOld)
"""Errors that are one item's own: the others of its batch go on."""


@dataclass(frozen=True, slots=True)
class Job(Generic[Result]):
    """One result to come; `names` are the fields that say whose it is."""

    write: Write[Result]
    names: dict[str, Any]


def jobs_of(
    requests: Iterable[Request], make: Callable[[int, Request], Iterable[Job[Result]]]
) -> Iterator[Job[Result]]:
    """What `make` gives for each request; one job that fails where the request will not do."""
    for index, request in enumerate(requests):
        try:
            jobs = make(index, request)
        except BadInput as error:
            jobs = (Job(_failing(error), {"index": index, "request_id": request.request_id}),)
        yield from jobs


def _failing(error: BadInput) -> Callable[[], Coroutine[Any, Any, Any]]:
    async def fail() -> Any:
        raise error

    return fail


async def run(jobs: Iterable[Job[Result]], served: Served) -> AsyncGenerator[Result, None]:
    """Results in the order in which they are done; no more jobs are taken than can be under way."""
    results = as_finished(
        jobs,
        lambda job: observed(job.write, job.names, served),
        concurrency=served.settings.max_seqs,
    )
    async with aclosing(results):
        async for result in results:
            yield result


async def run_batch(
    jobs: Iterable[Job[Result]],
    served: Served,
    kinds: tuple[type[Result], Callable[..., Response]],
    *,
    request_count: int,
    item_count: int | None = None,
) -> AsyncGenerator[Response, None]:
    """The messages of a batch's answer: results, then the summary; `kinds` are their types.

    `item_count` is the number of results to come where it is not that of the requests.

    Raises BadInput when the batch is too large, Unavailable when no calls are taken.
    """
    result_type, response = kinds
    limit = served.settings.max_batch_requests
    if not 1 <= request_count <= limit:
        raise BadInput(f"requests: are {request_count}; send 1 to {limit} in a batch")
    served.admit(item_count or request_count)
    summary = Summary(request_count)
    guarded = (Job(_guarded(job, result_type), job.names) for job in jobs)
    results = run(guarded, served)
    async with aclosing(results):
        async for result in results:
            summary.add(result)
            yield response(result=result)
    yield response(summary=summary.to_wire())


def _guarded(job: Job[Result], result_type: type[Result]) -> Write[Result]:
    async def write() -> Result:
        try:
            return await job.write()
        except ITEMS_FAULTS as error:
            return refused(result_type, error, job.names)

    return write
