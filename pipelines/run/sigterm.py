"""What a step does on SIGTERM: it keeps what it has, and says that it can go on."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Awaitable, Iterator
from typing import TypeVar

from littlegiants.errors import Unavailable
from pipelines.storage.leases import Lease

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


@contextlib.contextmanager
def stopped_when_lost(lease: Lease | None) -> Iterator[None]:
    """Interrupts what is done within when another process may have taken `lease` over.

    Raises Unavailable then, or at the end.
    """
    thread = threading.main_thread()
    if lease is None or threading.current_thread() is not thread:
        yield
    else:
        # a shell's background processes ignore the interrupt
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        lease.on_loss = lambda: signal.pthread_kill(thread.ident or 0, signal.SIGINT)
        try:
            yield
        except KeyboardInterrupt:
            lease.check()
            raise
        finally:
            signal.signal(signal.SIGINT, before)
    if lease:
        lease.check()
