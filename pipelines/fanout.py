"""Many prompts to a generator, each answered once and kept in the journal."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from littlegiants.client import Generated, GeneratorClient, Options, Revised, RevisorClient
from littlegiants.errors import Unparsable
from littlegiants.parsing import parse_sample
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, digest
from pipelines.journal import Value
from pipelines.nouns import Candidate
from pipelines.places import generator_of, weights_key
from pipelines.progress import Progress
from pipelines.run import Tally, plain, record_from
from pipelines.stage import Work

Item = TypeVar("Item")
Open = Callable[[], AbstractAsyncContextManager[Any]]


NOT_KEPT = ("timings", "weights_version", "attributes")
"""Of a provenance: not the same twice, as a data set should be, or told by its prompt already."""


async def generate_all(
    work: Work,
    asked: Sequence[tuple[Prompt, Options]],
    tally: Tally,
    *,
    role: str,
    count: int = 1,
) -> list[tuple[Candidate, ...]]:
    """`count` completions of each prompt by the generator of `role`, in the order of `asked`."""
    limit, weights = work.run.recipe.serving.max_tokens, weights_key(work, role)
    keys = [digest([prompt.id, weights, count, limit, options]) for prompt, options in asked]

    async def generate(client: GeneratorClient, ask: tuple[Prompt, Options]) -> Value:
        prompt, options = ask
        bounded: Options = {**options, "max_tokens": limit}
        completions = await client.generate(prompt, count=count, **bounded)
        return {"candidates": [plain(candidate_from(completion)) for completion in completions]}

    values = await _served(work, role).map(dict(zip(keys, asked, strict=True)), generate, tally)
    return [
        tuple(record_from(Candidate, value) for value in values[key]["candidates"]) for key in keys
    ]


async def revise_all(
    work: Work, asked: Sequence[tuple[Prompt, Sample, Options]], tally: Tally
) -> list[Candidate]:
    """The revisor's version of each sample, in the order of `asked`."""
    limit, weights = work.run.recipe.serving.max_tokens, weights_key(work, "revisor")
    keys = [digest([p.id, plain(sample), weights, limit, options]) for p, sample, options in asked]

    async def revise(client: RevisorClient, ask: tuple[Prompt, Sample, Options]) -> Value:
        prompt, sample, options = ask
        bounded: Options = {**options, "max_tokens": limit}
        revised = await client.revise(prompt, sample, **bounded)
        return {"revision": plain(candidate_from(revised))}

    items = dict(zip(keys, asked, strict=True))
    values = await _served(work, "revisor").map(items, revise, tally)
    return [record_from(Candidate, values[key]["revision"]) for key in keys]


def candidate_from(completion: Generated | Revised) -> Candidate:
    """A generator's answer as a record."""
    provenance = asdict(completion.provenance)
    for name in NOT_KEPT:
        del provenance[name]
    return Candidate(completion.text, completion.sample, completion.reason, provenance)


def with_readable_sample(candidate: Candidate, prompt: Prompt) -> Candidate:
    """An invalid candidate with the sample that can still be read from it, if one can."""
    if candidate.sample:
        return candidate
    try:
        return replace(candidate, sample=parse_sample(prompt.task.kind, candidate.text))
    except Unparsable:
        return candidate


@dataclass(frozen=True, slots=True)
class Fanout:
    """A journaled map whose service is started only when something is left to ask."""

    work: Work
    name: str
    service: Open
    concurrency: int
    aside: Callable[[int], str] = lambda left: ""

    async def map(
        self,
        items: Mapping[str, Item],
        function: Callable[[Any, Item], Awaitable[Value]],
        tally: Tally,
        *,
        keep: Callable[[Value], bool] = lambda value: True,
    ) -> dict[str, Value]:
        """The answer to each item, by its key; those not to `keep` are asked again next time."""
        with self.work.run.journal(self.name) as journal:
            before = sum(key in journal.values for key in items)
            tally.resumed += before
            if before < len(items):
                async with self.service() as client:
                    progress = Progress(self.name, len(items), resumed=before)
                    progress.aside = self.aside
                    await journal.map(
                        items,
                        lambda item: function(client, item),
                        concurrency=self.concurrency,
                        keep=keep,
                        done=lambda value: progress.add(),
                    )
            return {key: journal.values[key] for key in items}


def _served(work: Work, role: str) -> Fanout:
    width = work.run.recipe.serving.max_seqs
    return Fanout(work, f"{work.name}-{role}", lambda: generator_of(work, role), width)
