"""The client of the generator services: prompts in, samples or reasons out, many at once."""

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Unpack, cast

from littlegiants.admin import AdminClient
from littlegiants.answers import (
    Generated,
    ModelInfo,
    Provenance,
    Rejected,
    Revised,
)
from littlegiants.answers_from_wire import generated_from_wire, revised_from_wire
from littlegiants.batch_stream import whole_batch
from littlegiants.connection import TIMEOUT_S, ServiceClient, translated_errors
from littlegiants.credentials import Credentials
from littlegiants.errors import LittleGiantsError, Unavailable
from littlegiants.failures import reason_of
from littlegiants.many import Many, ask_many
from littlegiants.progress import Progress
from littlegiants.requests import Options, generate_request, revise_request
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from littlegiants.v1 import (
    generator_pb2,
    generator_pb2_grpc,
    revisor_pb2,
    revisor_pb2_grpc,
)

__all__ = [
    "AdminClient",
    "Credentials",
    "Generated",
    "GeneratorClient",
    "ModelInfo",
    "Options",
    "Progress",
    "Provenance",
    "Rejected",
    "Revised",
    "RevisorClient",
]


OF_MANY = frozenset(Many.__annotations__)


class ManyOptions(Options, Many, total=False):
    """What a call for many items may set."""


class GeneratorClient(ServiceClient):
    """Asks a junior or a senior for samples."""

    async def generate(
        self, prompt: Prompt, *, count: int = 1, **options: Unpack[Options]
    ) -> tuple[Generated, ...]:
        """`count` candidates; a completion that is no valid sample comes back with its reason.

        Raises BadInput when the request is refused, Unavailable when there is no answer in time.
        """
        request = generate_request(prompt, count, options)
        stub = generator_pb2_grpc.GeneratorServiceStub(self.channel)
        with translated_errors(self.address):
            answer = await stub.Generate(request, **_timing(options))
        return tuple(generated_from_wire(prompt, result) for result in answer.results)

    async def generate_many(
        self,
        prompts: Iterable[Prompt] | AsyncIterable[Prompt],
        *,
        count: int = 1,
        **options: Unpack[ManyOptions],
    ) -> AsyncGenerator[Generated, None]:
        """Candidates of each prompt, in the order in which prompts are done.

        `concurrency` prompts are under way at once; more are taken as the results are.
        Raises as `generate`; with on_error="yield" as `ask_many` says.
        """
        asked = _of_many(options)

        async def ask(prompt: Prompt) -> tuple[Generated, ...]:
            return await self.generate(prompt, count=count, **asked)

        async with aclosing(ask_many(prompts, ask, _not_generated, options)) as answers:
            async for answer in answers:
                yield answer

    async def generate_batch(
        self, prompts: Sequence[Prompt], *, count: int = 1, **options: Unpack[Options]
    ) -> AsyncGenerator[Generated, None]:
        """Candidates of each prompt as they are done, all with one call to one server.

        A prompt that is refused comes back with its reason. Many prompts go better with
        `generate_many`, whose calls are spread over servers, and sent again when one fails.

        Raises BadInput when the batch is refused, Unavailable when there is no answer in time or
        it was cut.
        """
        asked = [generate_request(prompt, count, options) for prompt in prompts]
        stub = generator_pb2_grpc.GeneratorServiceStub(self.channel)
        request = generator_pb2.GenerateBatchRequest(requests=asked)
        call = stub.GenerateBatch(request, **_timing(options))
        async with aclosing(whole_batch(self.address, call)) as results:
            async for result in results:
                yield generated_from_wire(prompts[result.index], result)


class RevisorClient(ServiceClient):
    """Asks a revisor to mend samples."""

    async def revise(self, prompt: Prompt, sample: Sample, **options: Unpack[Options]) -> Revised:
        """`sample`, mended, or the reason why there is no valid revision.

        Raises BadInput when the request is refused, Unavailable when there is no answer in time.
        """
        request = revise_request(prompt, sample, options)
        stub = revisor_pb2_grpc.RevisorServiceStub(self.channel)
        with translated_errors(self.address):
            answer = await stub.Revise(request, **_timing(options))
        return revised_from_wire(prompt, sample, answer.result)

    async def revise_many(
        self,
        pairs: Iterable[tuple[Prompt, Sample]] | AsyncIterable[tuple[Prompt, Sample]],
        **options: Unpack[ManyOptions],
    ) -> AsyncGenerator[Revised, None]:
        """Revisions, in the order in which they are done; as `generate_many`."""
        asked = _of_many(options)

        async def ask(pair: tuple[Prompt, Sample]) -> tuple[Revised, ...]:
            return (await self.revise(*pair, **asked),)

        async with aclosing(ask_many(pairs, ask, _not_revised, options)) as answers:
            async for answer in answers:
                yield answer

    async def revise_batch(
        self, pairs: Sequence[tuple[Prompt, Sample]], **options: Unpack[Options]
    ) -> AsyncGenerator[Revised, None]:
        """Revisions as they are done, all with one call to one server; as `generate_batch`."""
        asked = [revise_request(*pair, options) for pair in pairs]
        stub = revisor_pb2_grpc.RevisorServiceStub(self.channel)
        request = revisor_pb2.ReviseBatchRequest(requests=asked)
        call = stub.ReviseBatch(request, **_timing(options))
        async with aclosing(whole_batch(self.address, call)) as results:
            async for result in results:
                prompt, draft = pairs[result.index]
                yield revised_from_wire(prompt, draft, result)


def _of_many(options: ManyOptions) -> Options:
    """The options of each of many calls."""
    asked: Any = {name: value for name, value in options.items() if name not in OF_MANY}
    return cast(Options, {"wait_for_ready": True, **asked})


def _timing(options: Options) -> dict[str, Any]:
    return {
        "timeout": options.get("timeout_s", TIMEOUT_S),
        "wait_for_ready": options.get("wait_for_ready", False),
    }


def _not_generated(prompt: Prompt, error: LittleGiantsError) -> Generated:
    refused = Generated(prompt, 0, None, reason_of(error), "", Provenance(), message=str(error))
    return replace(refused, may_retry=isinstance(error, Unavailable))


def _not_revised(pair: tuple[Prompt, Sample], error: LittleGiantsError) -> Revised:
    prompt, draft = pair
    refused = Revised(prompt, None, reason_of(error), "", "", Provenance(), message=str(error))
    return replace(refused, may_retry=isinstance(error, Unavailable), draft=draft)
