"""Many questions to a teacher or a service, each answered once and kept in the journal."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from littlegiants.errors import BadInput
from littlegiants.tasks import digest
from pipelines.attempts import is_final
from pipelines.budget import Usage
from pipelines.journal import Answering, Value
from pipelines.places import teacher_model, teacher_of
from pipelines.progress import Progress
from pipelines.questions import Answer, Question
from pipelines.run import Tally, record_from
from pipelines.stage import Work

if TYPE_CHECKING:
    from pipelines.teacher import Teacher

Item = TypeVar("Item")
Open = Callable[[], AbstractAsyncContextManager[Any]]


async def ask_all(work: Work, questions: Sequence[Question], tally: Tally) -> list[Answer]:
    """The teacher's answers in the order of `questions`; its spend is added to `tally`."""
    teacher = work.run.recipe.teacher
    how = [teacher_model(work), teacher.temperature, teacher.top_p, teacher.max_tokens]
    keys = [digest([how, asdict(question)]) for question in questions]
    items = dict(zip(keys, questions, strict=True))

    async def ask(client: "Teacher", question: Question) -> Value:
        return asdict(await client.ask(question))

    journaled = Fanout(work, work.name, lambda: teacher_of(work), teacher.concurrency)
    values = await journaled.map(items, ask, tally, keep=lambda value: not value["refusal"])
    answers = {key: record_from(Answer, value) for key, value in values.items()}
    refusals = [answer.refusal for answer in answers.values() if answer.refusal]
    if refusals and len(refusals) == len(answers):
        raise BadInput(
            f"teacher: refuses every question of {work.name}: {refusals[0]}; mend the recipe's "
            "teacher section (of a local teacher: serving.max_model_len)"
        )
    tally.teacher = sum((answer.usage for answer in answers.values()), tally.teacher or Usage())
    return [answers[key] for key in keys]


@dataclass(frozen=True, slots=True)
class Fanout:
    """A journaled map whose service is started only when something is left to ask."""

    work: Work
    name: str
    service: Open
    concurrency: int
    total: int = field(default=0, kw_only=True)
    """Items that will come, for the progress."""

    async def map(
        self,
        items: Mapping[str, Item],
        function: Callable[[Any, Item], Awaitable[Value]],
        tally: Tally,
        *,
        keep: Callable[[Value], bool] = is_final,
    ) -> dict[str, Value]:
        """The answers by key, for items that fit in memory."""
        whole = replace(self, total=len(items))
        keyed = ((key, (key, item)) for key, item in items.items())
        answers = whole.each(
            keyed, lambda client, pair: function(client, pair[1]), tally, keep=keep
        )
        return {key: value async for (key, _), value in answers}

    async def each(
        self,
        items: Iterable[tuple[str, Item]],
        function: Callable[[Any, Item], Awaitable[Value]],
        tally: Tally,
        *,
        keep: Callable[[Value], bool] = is_final,
    ) -> AsyncGenerator[tuple[Item, Value], None]:
        """Each item and its answer, in order; what is not to `keep` is asked again next time."""
        async with AsyncExitStack() as opened:
            journal = opened.enter_context(self.work.run.journal(self.name))
            asked = _Asked(self, opened, function)
            answering = Answering[Item](
                journal,
                asked.ask,
                concurrency=self.concurrency,
                keep=keep,
                done=asked.done,
                ready=lambda: asked.ready(answering.resumed),
            )
            opened.callback(lambda: setattr(tally, "resumed", tally.resumed + answering.resumed))
            async with aclosing(answering.answers(items)) as answers:
                async for item, value in answers:
                    yield item, value


class _Asked(Generic[Item]):
    """The service, once it is needed, and how far it is."""

    def __init__(
        self,
        fanout: Fanout,
        opened: AsyncExitStack,
        function: Callable[[Any, Item], Awaitable[Value]],
    ) -> None:
        self._fanout, self._opened, self._function = fanout, opened, function
        self._client: Any = None

    async def ready(self, resumed: int) -> None:
        self._client = await self._opened.enter_async_context(self._fanout.service())
        self._progress = Progress(self._fanout.name, self._fanout.total, resumed=resumed)

    async def ask(self, item: Item) -> Value:
        return await self._function(self._client, item)

    def done(self, value: Value) -> None:
        self._progress.add()
