"""The first answer of an endpoint is awaited before many questions are put to it at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.heartbeat import doing
from pipelines.openai_client.replies import Fault, Reply


class FirstAnswer:
    """Lets one question at a time through until one was answered: what it teaches, all know.

    `is_on_trial` is whether an answer has changed how it is asked: that has to be tried as well.
    An endpoint that takes its time and then fails is not waited for again.
    """

    def __init__(self, is_on_trial: Callable[[], bool], *, is_there: bool) -> None:
        self._is_on_trial, self._is_there = is_on_trial, is_there
        self._one, self._wrong = asyncio.Lock(), ""

    async def __call__(
        self, send: Callable[..., Awaitable[Reply | Fault]], *what: Any
    ) -> Reply | Fault:
        """The outcome of `send(*what)`.

        Raises what `send` raises; BadInput is then raised for those that wait as well.
        """
        if not self._is_there:
            with doing("waits for the endpoint's first answer"):
                await self._one.acquire()
            try:
                if not self._is_there:
                    return await self._alone(send, *what)
            finally:
                self._one.release()
        return await send(*what)

    async def _alone(
        self, send: Callable[..., Awaitable[Reply | Fault]], *what: Any
    ) -> Reply | Fault:
        if self._wrong:
            raise BadInput(self._wrong)
        try:
            outcome = await send(*what)
        except BadInput as error:
            self._wrong = str(error)
            raise
        if isinstance(outcome, Reply):
            self._is_there = not self._is_on_trial()
        else:
            self._is_there = outcome.is_paid
        return outcome
