"""The client of the generator services: prompts in, samples or reasons out, many at once."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from typing import Any, TypedDict, Unpack

from littlegiants.answers import (
    Generated,
    ModelInfo,
    Provenance,
    Rejected,
    Revised,
)
from littlegiants.answers_from_wire import generated_from_wire, revised_from_wire
from littlegiants.as_finished import as_finished
from littlegiants.connection import TIMEOUT_S, ServiceClient, translated_errors
from littlegiants.credentials import Credentials
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from littlegiants.v1 import (
    admin_pb2,
    admin_pb2_grpc,
    generator_pb2,
    generator_pb2_grpc,
    revisor_pb2,
    revisor_pb2_grpc,
    sample_pb2,
)
from littlegiants.wire import sample_to_wire, task_to_wire

__all__ = [
    "AdminClient",
    "Credentials",
    "Generated",
    "GeneratorClient",
    "ModelInfo",
    "Options",
    "Provenance",
    "Rejected",
    "Revised",
    "RevisorClient",
]


Progress = Callable[[int], None]
"""Called with the number of prompts answered so far."""


class Options(TypedDict, total=False):
    """What a call may set; the rest is the server's default, timeout_s is 600."""

    constrained: bool
    max_attempts: int
    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    priority: int
    min_weights_version: int
    timeout_s: float


class GeneratorClient(ServiceClient):
    """Asks a junior or a senior for samples."""

    async def generate(
        self, prompt: Prompt, *, count: int = 1, **options: Unpack[Options]
    ) -> tuple[Generated, ...]:
        """`count` candidates; a completion that is no valid sample comes back with its reason.

        Raises BadInput when the request is refused, Unavailable when there is no answer in time.
        """
        request = generator_pb2.GenerateRequest(count=count, **_fields(prompt, options))
        stub = generator_pb2_grpc.GeneratorServiceStub(self.channel)
        with translated_errors(self.address):
            answer = await stub.Generate(request, timeout=options.get("timeout_s", TIMEOUT_S))
        return tuple(generated_from_wire(prompt, result) for result in answer.results)

    async def generate_many(
        self,
        prompts: Iterable[Prompt] | AsyncIterable[Prompt],
        *,
        concurrency: int = 64,
        count: int = 1,
        progress: Progress | None = None,
        **options: Unpack[Options],
    ) -> AsyncIterator[Generated]:
        """Candidates of each prompt, in the order in which prompts are done.

        `concurrency` prompts are under way at once; more are taken as the results are.
        Raises as `generate`.
        """
        answered = 0

        async def ask(prompt: Prompt) -> tuple[Generated, ...]:
            return await self.generate(prompt, count=count, **options)

        async for candidates in as_finished(prompts, ask, concurrency=concurrency):
            answered += 1
            if progress:
                progress(answered)
            for candidate in candidates:
                yield candidate


class RevisorClient(ServiceClient):
    """Asks a revisor to mend samples."""

    async def revise(self, prompt: Prompt, sample: Sample, **options: Unpack[Options]) -> Revised:
        """`sample`, mended, or the reason why there is no valid revision.

        Raises BadInput when the request is refused, Unavailable when there is no answer in time.
        """
        fields = _fields(prompt, options)
        request = revisor_pb2.ReviseRequest(sample=sample_to_wire(sample), **fields)
        stub = revisor_pb2_grpc.RevisorServiceStub(self.channel)
        with translated_errors(self.address):
            answer = await stub.Revise(request, timeout=options.get("timeout_s", TIMEOUT_S))
        return revised_from_wire(prompt, answer.result)

    async def revise_many(
        self,
        pairs: Iterable[tuple[Prompt, Sample]] | AsyncIterable[tuple[Prompt, Sample]],
        *,
        concurrency: int = 64,
        progress: Progress | None = None,
        **options: Unpack[Options],
    ) -> AsyncIterator[Revised]:
        """Revisions, in the order in which they are done; bounded as `generate_many`."""
        answered = 0

        async def ask(pair: tuple[Prompt, Sample]) -> Revised:
            return await self.revise(*pair, **options)

        async for revised in as_finished(pairs, ask, concurrency=concurrency):
            answered += 1
            if progress:
                progress(answered)
            yield revised


class AdminClient(ServiceClient):
    """Operates a server, on its admin port."""

    async def reload(self, *, timeout_s: float = TIMEOUT_S) -> str:
        """Let the server follow its weights pointer now; the digest that it serves then.

        Raises BadInput when the new weights are refused: the old ones keep serving.
        """
        stub = admin_pb2_grpc.AdminServiceStub(self.channel)
        with translated_errors(self.address):
            answer = await stub.Reload(admin_pb2.ReloadRequest(), timeout=timeout_s)
        return answer.weights_digest

    async def drain(self, *, timeout_s: float = 30) -> int:
        """Take the server out of service; how many completions were still under way at the end."""
        stub = admin_pb2_grpc.AdminServiceStub(self.channel)
        request = admin_pb2.DrainRequest(timeout_s=timeout_s)
        with translated_errors(self.address):
            answer = await stub.Drain(request, timeout=timeout_s + 10)
        return answer.unfinished_count


def _fields(prompt: Prompt, options: Options) -> dict[str, Any]:
    """Fields that both requests have."""
    sampling = sample_pb2.SamplingOptions(
        temperature=options.get("temperature"),
        top_p=options.get("top_p"),
        max_tokens=options.get("max_tokens"),
    )
    return {
        "request_id": prompt.id,
        "task": task_to_wire(prompt.task, prompt.attributes),
        "seed": prompt.seed,
        "sampling": sampling,
        "constrained": options.get("constrained"),
        "max_attempts": options.get("max_attempts"),
        "priority": options.get("priority"),
        "min_weights_version": options.get("min_weights_version"),
    }
