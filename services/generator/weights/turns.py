"""Turns: replicas of a role load new weights a few at a time, and the others serve meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from littlegiants.connection import open_channel
from littlegiants.credentials import Credentials
from littlegiants.replicas import Replica, replicas_of
from littlegiants.weights_pointer import Pointer
from services.generator.settings import GeneratorSettings
from services.generator.weights.source import Weights, fetched

WEIGHTS = "littlegiants.weights/"
"""Before a digest: name of the health check how far a replica is with these weights."""
SERVING, NOT_SERVING = HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING
CHANGING = HealthCheckResponse.UNKNOWN
ANSWER_S = 5.0
AT_ONCE = 4
"""A quarter of the replicas load at once, one where there are fewer."""


class Turns:
    """Weights that a pointer names: fetched at once, and loaded when it is this replica's turn.

    A replica first says that it is changing its weights and then looks whether others are; so of
    two that begin at the same moment, one or both see the other and try again later.
    """

    def __init__(self, settings: GeneratorSettings) -> None:
        self.is_changing = False
        self._settings = settings
        self._ready: Weights | None = None

    @asynccontextmanager
    async def turn(self, pointer: Pointer, *, at_once: bool) -> AsyncIterator[Weights | None]:
        """Verified weights to load in the context; None while others are to load them before.

        Raises as `fetched`.
        """
        url, cache = self._settings.weights, self._settings.cache.expanduser()
        if at_once or self._ready is None or self._ready.digest != pointer.digest:
            self._ready = await asyncio.to_thread(fetched, url, pointer, cache=cache)
        try:
            if not (at_once or await self._is_ours(pointer.digest)):
                yield None
                return
            self.is_changing = True
            yield replace(self._ready, version=pointer.version)
            self._ready = None
        finally:
            self.is_changing = False

    async def _is_ours(self, digest: str) -> bool:
        if not self._settings.peers:
            return True
        if not await self._is_free(digest):
            return False
        self.is_changing = True
        return await self._is_free(digest)

    async def _is_free(self, digest: str) -> bool:
        """Whether those before have done, and few enough others are changing theirs."""
        own = _plain(self._settings.own_address)
        asked = [replicas_of(address) for address in self._settings.peers.split(",")]
        peers = [peer for each in await asyncio.gather(*asked) for peer in each]
        others = [peer for peer in peers if _plain(peer.address) != own]
        found = await asyncio.gather(*(state_of_weights(peer, digest) for peer in others))
        states = dict(zip(others, found, strict=True))
        have_done = all(states[peer] == SERVING for peer in before(own, peers))
        return have_done and found.count(CHANGING) < at_once_of(peers)


def before(own: str, peers: Sequence[Replica]) -> list[Replica]:
    """Those that `own` waits for: in the order of addresses, all but the last few before it.

    So of N replicas at most N // 4 load at once, or one. Who is not among them comes last.
    """
    ordered = sorted(peers, key=lambda peer: peer.address)
    addresses = [_plain(peer.address) for peer in ordered]
    place = addresses.index(_plain(own)) if _plain(own) in addresses else len(ordered)
    return ordered[: max(0, place - at_once_of(peers) + 1)]


def at_once_of(peers: Sequence[Replica]) -> int:
    """How many of them may load at once."""
    return max(1, len(peers) // AT_ONCE)


def _plain(address: str) -> str:
    """Without the brackets that an IPv6 address has, or has not."""
    return address.replace("[", "").replace("]", "")


async def state_of_weights(peer: Replica, digest: str) -> int:
    """SERVING: it has these weights or has refused them; NOT_SERVING: not yet; else CHANGING.

    A replica that does not answer may be changing them.
    """
    given = Credentials.from_environment()
    shown = replace(given, server_name=given.server_name or peer.name)
    request = HealthCheckRequest(service=WEIGHTS + digest)
    async with open_channel(peer.address, shown) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await stub.Check(request, timeout=ANSWER_S)
        except grpc.aio.AioRpcError:
            return CHANGING
    return int(answer.status)
