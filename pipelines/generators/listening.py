"""Whether somebody listens at a generator's address or its name alone is known; what TLS says."""

import asyncio
import socket
import ssl
import time

from littlegiants.credentials import Credentials
from littlegiants.errors import BadInput, Unavailable
from littlegiants.replicas import DNS

CONNECT_S, PAUSE_S = 5.0, 0.5
HEALS_S = 60.0
"""A certificate that is being replaced may keep callers out for so long; then nothing heals it."""
HEADLESS = "-headless"
BESIDE = ("", "-predictor")
"""Ends of the names of a role's other Service: the chart's, and KServe's."""
TLS = "it speaks TLS, and no CA is named: set LITTLEGIANTS_CA (the chart's pipelines.caSecret)"
SERVER = (
    "LITTLEGIANTS_CA must hold the CA of its certificate, and LITTLEGIANTS_SERVER_NAME, else the "
    "address, must be a name in it"
)
CLIENT = (
    "it asks for a client's certificate that its CA signed: set LITTLEGIANTS_CERT and "
    "LITTLEGIANTS_KEY (the chart's pipelines.clientSecret)"
)
NO_TLS = (
    "does it speak TLS? If not, leave LITTLEGIANTS_CA and LITTLEGIANTS_CERT out; if so, see that "
    "these are PEM files, and LITTLEGIANTS_KEY the certificate's"
)


async def listens(address: str, patience_s: float) -> bool:
    """Whether something takes connections; False when a known name stands for nothing now.

    Raises Unavailable when for `patience_s` nothing does, or the name is not known.
    """
    host, port = _place(address)
    began = time.monotonic()
    while True:
        try:
            opening = asyncio.open_connection(host, port)
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


async def tls_fault(address: str, credentials: Credentials) -> str:
    """Why TLS keeps out who calls with `credentials`, and the remedy; empty where it does not.

    gRPC tells most of it as "Socket closed".
    """
    host, port = _place(address)
    is_plain = credentials.ca is None and credentials.cert is None
    try:
        context, name = _context(credentials), credentials.server_name or host
        opening = asyncio.open_connection(host, port, ssl=context, server_hostname=name)
        reader, writer = await asyncio.wait_for(opening, CONNECT_S)
    except ssl.SSLError as error:
        is_tls = "ALERT" in (error.reason or "")
        return (TLS if is_tls else "") if is_plain else _told(error)
    except OSError:
        return ""
    try:  # a server of TLS 1.3 refuses a client's certificate after the handshake
        is_in = bool(await asyncio.wait_for(reader.read(1), CONNECT_S))
    except OSError as error:
        is_in = isinstance(error, TimeoutError)
    finally:
        writer.close()
    return TLS if is_plain else "" if is_in else CLIENT


class Handshakes:
    """Of one wait for a generator: since when TLS keeps its caller out."""

    def __init__(self, credentials: Credentials | None = None) -> None:
        self._credentials = credentials or Credentials.from_environment()
        self._since: float | None = None

    async def check(self, address: str) -> None:
        """Raise BadInput with the remedy where TLS has kept the caller out for a minute."""
        fault, now = await tls_fault(address, self._credentials), time.monotonic()
        self._since = (self._since or now) if fault else None
        if self._since is not None and now - self._since >= HEALS_S:
            raise BadInput(f"{address}: {fault}")


def _context(credentials: Credentials) -> ssl.SSLContext:
    """What a handshake is tried with; without credentials any certificate will do."""
    context = ssl.create_default_context(cafile=credentials.ca)
    context.set_alpn_protocols(["h2"])
    if credentials.cert:
        context.load_cert_chain(credentials.cert, credentials.key)
    elif credentials.ca is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _told(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{error.verify_message}: {SERVER}"
    return CLIENT if "ALERT" in (error.reason or "") else f"{error.reason or error}: {NO_TLS}"


def _place(address: str) -> tuple[str, str]:
    host, _, port = address.removeprefix(DNS).rpartition(":")
    return host.strip("[]"), port


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
