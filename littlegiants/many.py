"""Many items at once: bounded, counted, and one item's failure is not the others'."""

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Iterable,
    Sized,
)
from contextlib import aclosing
from typing import Literal, TypedDict, TypeVar

from littlegiants.answers import Generated, Revised
from littlegiants.as_finished import as_finished
from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from littlegiants.failures import is_an_items
from littlegiants.progress import Hook, ItemCounter

Item = TypeVar("Item")
Answer = TypeVar("Answer", Generated, Revised)
OnError = Literal["raise", "yield"]


class Many(TypedDict, total=False):
    """How many items are asked at once."""

    concurrency: int
    """Items under way at once; default 64."""
    progress: Hook | None
    """Told after each item where things stand."""
    total: int | None
    """Items in all, for `progress`; default: their length, where they have one."""
    on_error: OnError
    """"raise" (default) ends everything at the first item that has no answer. "yield" gives such an
    item a result without a sample, whose reason and message say why, and goes on."""


async def ask_many(
    items: Iterable[Item] | AsyncIterable[Item],
    ask: Callable[[Item], Awaitable[tuple[Answer, ...]]],
    failed: Callable[[Item, LittleGiantsError], Answer],
    how: Many,
) -> AsyncGenerator[Answer, None]:
    """Answers to each item, in the order in which items are done.

    Raises BadInput when every item would be refused, Unavailable when as many items in a row as are
    under way at once (8 at least) had no answer: then the service is gone, the rest is not tried.
    """
    concurrency = how.get("concurrency", 64)
    length = len(items) if isinstance(items, Sized) else None
    tally = ItemCounter(how.get("progress"), how.get("total", length))
    outage = _Outage(max(concurrency, 8))

    async def attempt(item: Item) -> tuple[tuple[Answer, ...], LittleGiantsError | None]:
        try:
            return await ask(item), None
        except (BadInput, Unavailable) as error:
            if how.get("on_error") != "yield" or not is_an_items(error):
                raise
            return (failed(item, error),), error

    async with aclosing(as_finished(items, attempt, concurrency=concurrency)) as done:
        async for answers, error in done:
            tally.add(answers)
            for answer in answers:
                yield answer
            outage.note(error)


class _Outage:
    """Tells a service that is gone from a call that had no luck."""

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._in_a_row = 0

    def note(self, error: LittleGiantsError | None) -> None:
        """Raise `error` when nothing but such errors comes."""
        self._in_a_row = self._in_a_row + 1 if isinstance(error, Unavailable) else 0
        if error and self._in_a_row >= self._patience:
            raise error
