"""A fan-out: many items for a teacher or a service, each answered once and kept in the journal."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from littlegiants.heartbeat import doing
from pipelines.journal import INTERVAL_S, Answering, Value
from pipelines.run.retries import is_final, is_lost
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.step_progress import StepProgress

Item = TypeVar("Item")
Open = Callable[[], AbstractAsyncContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Fanout:
    """A journaled map whose service is started only when something is left to ask."""

    work: Work
    name: str
    service: Open
    concurrency: int
    total: int = field(default=0, kw_only=True)
    """Items that will come, for the progress."""
    aside: Callable[[int], str] = field(default=lambda left: "", kw_only=True)
    """What the progress says beside, of the items left."""
    interval_s: float = field(default=INTERVAL_S, kw_only=True)
    """The longest that an answer waits before it outlives the machine."""
    lost: Callable[[Value], bool] = field(default=is_lost, kw_only=True)
    """Which answers are asked for once more at the end."""

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
            journal = opened.enter_context(self.work.run.journal(self.name, self.interval_s))
            asked = _Asked(self, opened, function)
            answering = Answering[Item](
                journal,
                asked.ask,
                concurrency=self.concurrency,
                keep=keep,
                lost=self.lost,
                done=lambda value: asked.done(answering.resumed),
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
        with doing("waiting for the service"):
            self._client = await self._opened.enter_async_context(self._fanout.service())
        progress = StepProgress(self._fanout.name, self._fanout.total, resumed=resumed)
        progress.aside = self._fanout.aside
        self._progress = self._opened.enter_context(progress)

    async def ask(self, item: Item) -> Value:
        with self._progress.in_flight():
            return await self._function(self._client, item)

    def done(self, resumed: int) -> None:
        self._progress.catch_up(resumed)
        self._progress.add()
