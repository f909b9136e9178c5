"""Many questions to a teacher or a generator, each answered once and kept in the stage's journal."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from littlegiants.client import Generated, GeneratorClient, Revised, RevisorClient

from littlegiants.errors import Unparsable
from littlegiants.parsing import parse_sample
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, digest
from pipelines.budget import Usage
from pipelines.journal import Value
from pipelines.nouns import Candidate
from pipelines.places import generator_of, teacher_model, teacher_of, weights_key
from pipelines.progress import Progress
from pipelines.run import Tally, plain, record_from
from pipelines.stage import Work
from pipelines.teacher import Answer, Teacher, Turn

Item = TypeVar("Item")
Service = TypeVar("Service")


@dataclass(frozen=True, slots=True)
class Question:
    """One request to the teacher."""

    text: str
    schema: Mapping[str, Any]
    seed: int
    temperature: float | None = None
    shots: tuple[Turn, ...] = ()


async def ask_all(work: Work, questions: Sequence[Question], tally: Tally) -> list[Answer]:
    """The teacher's answers in the order of `questions`; its spend is added to `tally`."""
    model = teacher_model(work)
    items = {digest([model, asdict(question)]): question for question in questions}

    async def ask(teacher: Teacher, question: Question) -> Value:
        answer = await teacher.ask(
            question.text,
            question.schema,
            seed=question.seed,
            temperature=question.temperature,
            shots=question.shots,
        )
        return asdict(answer)

    concurrency = work.run.recipe.teacher.concurrency
    values = await _map(work, work.name, items, lambda: teacher_of(work), ask, concurrency, tally)
    answers = {key: record_from(Answer, value) for key, value in zip(items, values, strict=True)}
    tally.teacher = sum((answer.usage for answer in answers.values()), tally.teacher or Usage())
    return [answers[digest([model, asdict(question)])] for question in questions]


async def generate_all(
    work: Work,
    prompts: Sequence[Prompt],
    tally: Tally,
    *,
    role: str,
    count: int,
    constrained: bool,
    max_attempts: int = 1,
) -> list[tuple[Candidate, ...]]:
    """`count` completions of each prompt by the generator of `role`, in the order of `prompts`."""
    options = [weights_key(work, role), count, constrained, max_attempts]
    items = {digest([prompt.id, *options]): prompt for prompt in prompts}

    async def generate(client: GeneratorClient, prompt: Prompt) -> Value:
        completions = await client.generate(
            prompt,
            count=count,
            constrained=constrained,
            max_attempts=max_attempts,
            max_tokens=work.run.recipe.serving.max_tokens,
        )
        return {"candidates": [plain(candidate_from(completion)) for completion in completions]}

    name = f"{work.name}-{role}"
    values = await _map(
        work, name, items, lambda: generator_of(work, role), generate, _width(work), tally
    )
    kept = dict(zip(items, values, strict=True))
    found = (kept[digest([prompt.id, *options])]["candidates"] for prompt in prompts)
    return [tuple(record_from(Candidate, value) for value in values) for values in found]


async def revise_all(
    work: Work, pairs: Sequence[tuple[Prompt, Sample]], tally: Tally, *, constrained: bool
) -> list[Candidate]:
    """The revisor's version of each sample, in the order of `pairs`; `text` holds its reason too."""
    weights = weights_key(work, "revisor")
    items = {
        digest([prompt.id, plain(sample), weights, constrained]): (prompt, sample)
        for prompt, sample in pairs
    }

    async def revise(client: RevisorClient, pair: tuple[Prompt, Sample]) -> Value:
        limit = work.run.recipe.serving.max_tokens
        revised = await client.revise(*pair, constrained=constrained, max_tokens=limit)
        return {"revision": plain(candidate_from(revised))}

    name = f"{work.name}-revisor"
    values = await _map(
        work, name, items, lambda: generator_of(work, "revisor"), revise, _width(work), tally
    )
    return [record_from(Candidate, value["revision"]) for value in values]


def candidate_from(completion: Generated | Revised) -> Candidate:
    """A generator's answer as a record."""
    provenance = asdict(completion.provenance)
    del provenance["seconds"]  # a time is not the same twice, a data set should be
    return Candidate(completion.text, completion.sample, completion.reason, provenance)


def with_readable_sample(candidate: Candidate, prompt: Prompt) -> Candidate:
    """An invalid candidate with the sample that can still be read from it: a judge and a corrector want it."""
    if candidate.sample:
        return candidate
    try:
        return replace(candidate, sample=parse_sample(prompt.task.kind, candidate.text))
    except Unparsable:
        return candidate


def _width(work: Work) -> int:
    return work.run.recipe.serving.max_seqs


async def _map(
    work: Work,
    name: str,
    items: Mapping[str, Item],
    service: Callable[[], AbstractAsyncContextManager[Any]],
    function: Callable[[Any, Item], Awaitable[Value]],
    concurrency: int,
    tally: Tally,
) -> list[Value]:
    """A journaled map whose service is started only when something is left to ask."""
    with work.run.journal(name) as journal:
        before = sum(key in journal.values for key in items)
        tally.resumed += before
        if before == len(items):
            return [journal.values[key] for key in items]
        async with service() as client:
            progress = Progress(name, len(items), resumed=before)
            return await journal.map(
                items,
                lambda item: function(client, item),
                concurrency=concurrency,
                done=lambda value: progress.add(),
            )
