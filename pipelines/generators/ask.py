"""Samples from the generators, each asked for once; what there is need not fit in memory."""

from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field, replace

from littlegiants.client import Generated, GeneratorClient, Options, Revised, RevisorClient
from littlegiants.errors import Unavailable, Unparsable
from littlegiants.parsing import parse_sample
from littlegiants.prompts import with_revise_template
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from pipelines.data.own_templates import own_templates
from pipelines.data.records import Candidate, plain, record_from
from pipelines.generators.endpoint import generator_of, weights_key
from pipelines.generators.journal_keys import revising_key, writing_key
from pipelines.journal import Value
from pipelines.run.fanout import Fanout
from pipelines.run.retries import Attempts, is_final
from pipelines.run.step import Work
from pipelines.run.tally import Tally

Asked = tuple[Prompt, Options]
Revisable = tuple[Prompt, Sample, Options]
MANY, ONE = "candidates", "revision"
NOT_KEPT = ("timings", "weights_version", "attributes")
"""Of a provenance: not the same twice, as a data set should be, or told by its prompt already."""


async def generate_all(
    work: Work,
    asked: Sequence[Asked],
    tally: Tally,
    *,
    role: str,
    count: int = 1,
) -> list[tuple[Candidate, ...]]:
    """`count` completions of each prompt by the generator of `role`, in the order of `asked`."""
    answers = _answers(work, asked, tally, role=role, count=count, total=len(asked))
    return [_candidates(value) async for _, value in answers]


@dataclass(slots=True)
class WrittenCount:
    """What came of many prompts: how many have a valid completion, why a prompt was refused."""

    valid_count: int = 0
    refused: dict[str, Value] = field(default_factory=dict)


async def write_all(
    work: Work, asked: Iterable[Asked], tally: Tally, *, role: str, count: int = 1, total: int
) -> WrittenCount:
    """Ask for `count` completions of each prompt that has none; `written` then reads them."""
    found = WrittenCount()
    answered = _answers(work, asked, tally, role=role, count=count, total=total)
    async with aclosing(answered) as answers:
        async for (key, _), value in answers:
            found.valid_count += any(each["sample"] and not each["reason"] for each in value[MANY])
            if not is_final(value):
                found.refused[key] = value
    return found


def written(
    work: Work, asked: Iterable[Asked], found: WrittenCount, *, role: str, count: int = 1
) -> Generator[tuple[Prompt, Sequence[Candidate]]]:
    """Each prompt with its completions, as `write_all` found them.

    Raises Unavailable when one was damaged since then.
    """
    with work.run.journal(_name(work, role)) as journal:
        for key, (prompt, _) in _keyed(work, asked, role=role, count=count):
            value = found.refused.get(key) or journal.get(key)
            if not value:
                message = f"{journal.folder}: an answer was damaged while the step ran; start the "
                raise Unavailable(message + "same command again, it is asked for anew")
            yield prompt, _candidates(value)


async def _answers(
    work: Work, asked: Iterable[Asked], tally: Tally, *, role: str, count: int = 1, total: int
) -> AsyncGenerator[tuple[tuple[str, Asked], Value], None]:
    limit = work.run.recipe.serving.max_tokens

    async def generate(client: GeneratorClient, keyed: tuple[str, Asked]) -> Value:
        prompt, options = keyed[1]
        bounded: Options = {**options, "max_tokens": limit, "wait_for_ready": True}
        completions = await client.generate(prompt, count=count, **bounded)
        return {MANY: [plain(candidate_from(completion)) for completion in completions]}

    def failed(reason: str) -> Value:
        return {MANY: [plain(Candidate("", None, reason))] * count}

    items = ((each[0], each) for each in _keyed(work, asked, role=role, count=count))
    answers = _served(work, role, total).each(items, Attempts(generate, failed), tally)
    async with aclosing(answers):
        async for keyed, value in answers:
            yield keyed, value


def _keyed(
    work: Work, asked: Iterable[Asked], *, role: str, count: int = 1
) -> Iterator[tuple[str, Asked]]:
    limit, weights = work.run.recipe.serving.max_tokens, weights_key(work, role)
    for prompt, options in asked:
        key = writing_key(prompt, options, weights, count=count, limit=limit)
        yield key, (prompt, options)


def _candidates(value: Value) -> tuple[Candidate, ...]:
    return tuple(record_from(Candidate, each) for each in value[MANY])


async def revise_all(work: Work, asked: Sequence[Revisable], tally: Tally) -> list[Candidate]:
    """The revisor's version of each sample, in the order of `asked`."""
    revised = revise_each(work, asked, tally, total=len(asked))
    return [revision async for _, revision in revised]


async def revise_each(
    work: Work, asked: Iterable[Revisable], tally: Tally, *, total: int
) -> AsyncGenerator[tuple[Revisable, Candidate], None]:
    """As `revise_all`, one after another, for `total` samples that need not fit in memory."""
    limit, weights = work.run.recipe.serving.max_tokens, weights_key(work, "revisor")
    own = own_templates(work.run.recipe).get("revise", "")

    def key_of(prompt: Prompt, sample: Sample, options: Options) -> str:
        told = with_revise_template(prompt, own)
        return revising_key(told, sample, options, weights, limit=limit)

    async def revise(client: RevisorClient, ask: Revisable) -> Value:
        prompt, sample, options = ask
        bounded: Options = {**options, "max_tokens": limit, "wait_for_ready": True}
        revised = await client.revise(with_revise_template(prompt, own), sample, **bounded)
        return {ONE: plain(candidate_from(revised))}

    def failed(reason: str) -> Value:
        return {ONE: plain(Candidate("", None, reason))}

    keyed = ((key_of(*ask), ask) for ask in asked)
    answers = _served(work, "revisor", total).each(keyed, Attempts(revise, failed), tally)
    async with aclosing(answers):
        async for ask, value in answers:
            yield ask, record_from(Candidate, value[ONE])


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


def _served(work: Work, role: str, total: int) -> Fanout:
    width = work.run.recipe.serving.max_seqs
    return Fanout(work, _name(work, role), lambda: generator_of(work, role), width, total=total)


def _name(work: Work, role: str) -> str:
    return f"{work.name}-{role}"
