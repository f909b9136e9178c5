"""What a step does when it is told to stop: it keeps what it has, and says that it can go on."""

import asyncio
import signal
import threading
from collections.abc import Awaitable
from typing import TypeVar

from littlegiants.errors import Unavailable

Outcome = TypeVar("Outcome")


async def stoppable(work: Awaitable[Outcome]) -> Outcome:
    """`work`, which SIGTERM cancels: a machine that is taken away gives 30 s.

    Raises Unavailable when it was stopped so.
    """
    if threading.current_thread() is not threading.main_thread():
        return await work
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    stopped = asyncio.Event()

    def stop() -> None:
        stopped.set()
        task.cancel()

    loop.add_signal_handler(signal.SIGTERM, stop)
    try:
        return await task
    except asyncio.CancelledError as error:
        if not stopped.is_set():
            raise
        message = "stopped by SIGTERM; what was answered is kept, the same command goes on"
        raise Unavailable(message) from error
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
