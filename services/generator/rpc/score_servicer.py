"""ScoreService: how likely given completions are under the weights that are served."""

from collections.abc import AsyncIterator
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from littlegiants.prompts import (
    Template,
    revise_prompt,
    revise_template_of,
    sample_text,
    synthesize_prompt,
    template_of,
)
from littlegiants.samples import Sample
from littlegiants.v1 import sample_pb2, score_pb2, score_pb2_grpc
from littlegiants.wire import prompt_from_wire, sample_from_wire
from services.generator.generation.served_model import Served
from services.generator.roles import REVISOR, ROLES
from services.generator.rpc.batch import Job, jobs_of, run_batch
from services.generator.rpc.statuses import Context, answered

Result = score_pb2.ScoreResult
KINDS = (Result, score_pb2.ScoreResponse)


class ScoreServicer(score_pb2_grpc.ScoreServiceServicer):
    """Log-probabilities."""

    def __init__(self, served: Served) -> None:
        self.served = served

    async def Score(
        self, request: score_pb2.ScoreRequest, context: Context
    ) -> AsyncIterator[score_pb2.ScoreResponse]:
        """Scores as they are done, then the summary."""
        async with answered(context):
            jobs = jobs_of(request.items, self._job)
            count = len(request.items)
            async for message in run_batch(jobs, self.served, KINDS, request_count=count):
                yield message

    def _job(self, index: int, item: score_pb2.ScoreItem) -> tuple[Job[Result]]:
        names: dict[str, Any] = {"index": index, "request_id": item.request_id}
        is_revisor = ROLES[self.served.settings.role] is REVISOR
        prompt, used = _prompt_of(item, is_revisor=is_revisor)
        completion = _completion_of(item, is_revisor=is_revisor)

        async def score() -> Result:
            likelihood, weights = await self.served.score(prompt, completion)
            found = score_pb2.Score(
                log_probability=likelihood.log_probability,
                token_count=likelihood.token_count,
                weights_digest=weights.digest,
                weights_version=weights.version,
                prompt_digest=used.digest,
            )
            return Result(score=found, **names)

        return (Job(score, names),)


def _prompt_of(item: score_pb2.ScoreItem, *, is_revisor: bool) -> tuple[str, Template]:
    """The rendered prompt and its template.

    Raises BadInput naming the field that will not do.
    """
    prompt = prompt_from_wire(item)
    if item.HasField("draft") is not is_revisor:
        raise BadInput(
            "draft: a revisor scores revisions of a draft: set it"
            if is_revisor
            else "draft: only a revisor scores revisions: leave it out"
        )
    if not is_revisor:
        return synthesize_prompt(prompt), template_of(prompt)
    draft = _of_kind(item.draft, "draft", prompt.task.kind)
    return revise_prompt(prompt, draft), revise_template_of(prompt)


def _completion_of(item: score_pb2.ScoreItem, *, is_revisor: bool) -> str:
    which = item.WhichOneof("completion")
    if which == "sample" and not is_revisor:
        kind = prompt_from_wire(item).task.kind
        return sample_text(_of_kind(item.sample, "sample", kind))
    if which != "text":
        raise BadInput("text: give the completion that is to be scored")
    return str(item.text)


def _of_kind(message: sample_pb2.Sample, field: str, kind: Kind) -> Sample:
    sample = sample_from_wire(message, field)
    if sample.kind is not kind:
        raise BadInput(f"{field}.kind: is {sample.kind}, the task's is {kind}; give both the same")
    return sample
