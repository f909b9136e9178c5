"""Whether somebody listens at a generator's address, or only its name is known."""

import asyncio
import socket
import time

from littlegiants.errors import Unavailable
from littlegiants.replicas import DNS

CONNECT_S, PAUSE_S = 5.0, 0.5
HEADLESS = "-headless"
BESIDE = ("", "-predictor")
"""Ends of the names of a role's other Service: the chart's, and KServe's."""


async def listens(address: str, patience_s: float) -> bool:
    """Whether something takes connections; False when a known name stands for nothing now.

    Raises Unavailable when for `patience_s` nothing does, or the name is not known.
    """
    host, _, port = address.removeprefix(DNS).rpartition(":")
    began = time.monotonic()
    while True:
        try:
            opening = asyncio.open_connection(host.strip("[]"), port)
            _, writer = await asyncio.wait_for(opening, CONNECT_S)
            writer.close()
            return True
        except (OSError, TimeoutError) as error:
            if isinstance(error, socket.gaierror) and await _sleeps(host, error):
                return False
            if time.monotonic() - began > patience_s:
                raise Unavailable(
                    f"nothing listens at {address} ({error}); start it or mend the address"
                ) from error
        await asyncio.sleep(PAUSE_S)


async def _sleeps(host: str, error: socket.gaierror) -> bool:
    """Whether a name without an address is that of a Service without pods.

    Kubernetes then answers for a headless Service as for a name that there is not; the chart's
    other Service of the role tells them apart, for it has an address of its own.
    """
    service, dot, space = host.partition(".")
    if error.errno == socket.EAI_NODATA or not service.endswith(HEADLESS):
        return error.errno == socket.EAI_NODATA
    for ending in BESIDE:
        try:
            beside = f"{service.removesuffix(HEADLESS)}{ending}{dot}{space}"
            await asyncio.get_running_loop().getaddrinfo(beside, None)
        except OSError:
            continue
        return True
    return False
