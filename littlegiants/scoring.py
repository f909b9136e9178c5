"""The client's scoring calls: how likely given completions are under the weights served."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from littlegiants.answers import Scored
from littlegiants.answers_from_wire import scored_from_wire
from littlegiants.connection import TIMEOUT_S, ServiceClient, translated_errors
from littlegiants.errors import Unavailable
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from littlegiants.v1 import score_pb2, score_pb2_grpc
from littlegiants.wire import sample_to_wire, task_to_wire


@dataclass(frozen=True, slots=True)
class Completed:
    """A completion (its text, or the sample it holds) of a prompt; a revisor needs the `draft`."""

    prompt: Prompt
    completion: str | Sample
    draft: Sample | None = None


class ScoreClient(ServiceClient):
    """Weighs completions; every role's server has this service."""

    async def score(
        self, completions: Iterable[Completed], *, timeout_s: float = TIMEOUT_S
    ) -> AsyncIterator[Scored]:
        """Scores in the order in which they are done; `index` is the completion's place.

        Raises BadInput when the request is refused, Unavailable when there is no answer in time or
        the answer ends before its summary.
        """
        request = score_pb2.ScoreRequest(items=[_item(each) for each in completions])
        call = score_pb2_grpc.ScoreServiceStub(self.channel).Score(request, timeout=timeout_s)
        is_whole = False
        with translated_errors(self.address):
            async for message in call:
                if message.HasField("result"):
                    yield scored_from_wire(message.result)
                is_whole = message.HasField("summary")
        if not is_whole:
            raise Unavailable(f"{self.address}: the answer was cut; ask again")


def _item(each: Completed) -> score_pb2.ScoreItem:
    prompt = each.prompt
    item = score_pb2.ScoreItem(
        request_id=prompt.id, task=task_to_wire(prompt.task, prompt.attributes), seed=prompt.seed
    )
    if isinstance(each.completion, str):
        item.text = each.completion
    else:
        item.sample.CopyFrom(sample_to_wire(each.completion))
    if each.draft is not None:
        item.draft.CopyFrom(sample_to_wire(each.draft))
    return item
