"""A generator's life: load, warm, serve, and stop without leaving anything behind."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from littlegiants.errors import BadInput, LittleGiantsError
from littlegiants.heartbeat import Heartbeat, doing
from services.generator.engine.protocol import OpenEngine
from services.generator.generation.served_model import Served
from services.generator.rpc.servers import Listening, listen
from services.generator.security.tls import server_credentials
from services.generator.security.tokens import read_digests
from services.generator.settings import GeneratorSettings
from services.generator.telemetry.logs import configure
from services.generator.telemetry.telemetry import open_telemetry
from services.generator.weights.first_weights import first_weights

STOPPED, ENGINE_DIED, BAD_INPUT, UNAVAILABLE, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes."""
WATCH_S = 1.0
ENGINE_STOP_S = 5.0
"""For the engine's processes, beyond the grace period; then the process ends anyhow."""

log = logging.getLogger(__name__)


def run(settings: GeneratorSettings, open_engine: OpenEngine) -> int:
    """Serve until told to stop; the exit code."""
    configure(settings.log_format)
    # the first process of a container is not ended by a signal that it does not handle
    signal.signal(signal.SIGTERM, lambda *_: os._exit(STOPPED))
    signal.signal(signal.SIGINT, _interrupted)
    try:
        return asyncio.run(serve(settings, open_engine))
    except LittleGiantsError as error:
        log.error("%s", error)
        return BAD_INPUT if isinstance(error, BadInput) else UNAVAILABLE


def _interrupted(*_: object) -> None:
    """Before it serves there is nothing to end in order."""
    log.error("interrupted before it served")
    os._exit(INTERRUPTED)


async def serve(settings: GeneratorSettings, open_engine: OpenEngine) -> int:
    """Load the weights, serve them until a signal comes or the engine dies; the exit code.

    Raises BadInput or Unavailable when it cannot begin to serve.
    """
    await asyncio.to_thread(check_guards, settings)
    with ExitStack() as last, ExitStack() as told, ExitStack() as loading:
        telemetry = [told.enter_context(open_telemetry(each)) for each in settings.each()]
        loading.enter_context(Heartbeat(log.info))
        weights = await first_weights(settings)
        loading.enter_context(doing(f"loading weights {weights.digest}"))
        async with open_engine(settings, weights.folder, weights.digest) as engines:
            of_roles = zip(engines, settings.each(), telemetry, strict=True)
            roles = [Served(engine, own, weights, telemetry=t) for engine, own, t in of_roles]
            stop = _stop_event()
            listening = [await listen(role) for role in roles]
            try:
                await _prepare(roles)
                loading.close()
                await _begin(roles, listening)
                await _serve_until(stop, roles)
            finally:
                last.enter_context(ends_within(settings.grace_s + 2 * ENGINE_STOP_S))
                died = _are_dead(roles)
                await _stop(listening, roles, died=died)
    return ENGINE_DIED if died else STOPPED


async def _prepare(roles: Sequence[Served]) -> None:
    """Check and warm each role; of several each takes what it was promoted to, if it can."""
    for role in roles:
        await role.prepare()
        if role.settings.roles:
            try:
                await role.reload(anew=False)
            except BadInput as error:
                log.warning("%s serves its base: %s", role.settings.role, error)


async def _begin(roles: Sequence[Served], listening: Sequence[Listening]) -> None:
    for role, servers in zip(roles, listening, strict=True):
        await servers.health.set_ready(True)
        name, digest = role.settings.role, role.weights.digest
        log.info("%s serves %s on port %d", name, digest, servers.port)


def _are_dead(roles: Iterable[Served]) -> bool:
    """One that has lost its weights may have another's."""
    return any(role.is_dead for role in roles)


async def _serve_until(stop: asyncio.Event, roles: Sequence[Served]) -> None:
    """Follow each role's weights until the stop event or the engine's death."""
    followers = [asyncio.create_task(_follow(role)) for role in roles]
    try:
        while not _are_dead(roles):
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), WATCH_S)
                return
    finally:
        for follower in followers:
            follower.cancel()


async def _stop(listening: Sequence[Listening], roles: Sequence[Served], *, died: bool) -> None:
    """No more calls, then the grace period for those under way, then they are cancelled."""
    log.info("stopping: %s", "the engine is dead" if died else "told to")
    for role, own in zip(roles, listening, strict=True):
        role.is_draining = True
        await own.health.set_ready(False)
        if died:
            await own.health.set_alive(False)
    grace_s = 0.5 if died else roles[0].settings.grace_s
    servers = [server for own in listening for server in own.servers]
    await asyncio.gather(*(server.stop(grace_s) for server in servers))


async def _follow(served: Served) -> None:
    """Look at the weights pointer from time to time; what is wrong with it is said, not served."""
    role = served.settings.role
    while served.settings.poll_s:
        await asyncio.sleep(served.settings.poll_s)
        try:
            with Heartbeat(log.info), doing("following the pointer to the weights"):
                await served.reload(anew=False)
        except LittleGiantsError as error:
            log.warning("%s keeps weights %s: %s", role, served.weights.digest, error)


def check_guards(settings: GeneratorSettings) -> None:
    """Read certificates and tokens before a model is loaded.

    Raises BadInput when they will not do.
    """
    server_credentials(settings)
    for tokens in (settings.tokens, settings.admin_tokens):
        if tokens is not None:
            read_digests(tokens)


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    """End the process when the block takes longer; the engine's processes die with it."""

    def end() -> None:
        log.error("not stopped after %.0f s: ending anyhow", seconds)
        os._exit(ENGINE_DIED)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
