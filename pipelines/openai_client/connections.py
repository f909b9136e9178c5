"""Connections to a teacher: by which proxy, if any, and what it means when there is none."""

import os
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import getproxies

from littlegiants.errors import BadInput
from littlegiants.proxies import is_direct
from pipelines.openai_client.replies import Fault, FaultKind

NEVER_SENT = (
    *("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"),
    *("LocalProtocolError", "UnsupportedProtocol"),
    *("ClientConnectorError", "ClientHttpProxyError", "ConnectionTimeoutError", "InvalidURL"),
    "TooManyRedirects",
)
"""Causes of a lost connection after which nothing can have been charged: httpx2's and aiohttp's."""
REASONS: tuple[tuple[type[BaseException], FaultKind, str], ...] = (
    (
        ssl.SSLCertVerificationError,
        FaultKind.DENIED,
        "its certificate is not trusted ({}); name its authority's file in SSL_CERT_FILE",
    ),
    (
        ssl.SSLError,
        FaultKind.PASSING,
        "no TLS is spoken there ({}); if it speaks plain HTTP, write http://",
    ),
    (socket.gaierror, FaultKind.PASSING, "its name is not known ({})"),
)
"""What the more telling causes mean."""


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for `url`; None where it is asked directly.

    Raises BadInput naming the variable whose proxy cannot be used.
    """
    parts = urlsplit(url)
    found = getproxies()
    kind = parts.scheme.lower() if parts.scheme.lower() in found else "all"
    proxy = found.get(kind)
    if not proxy or is_direct(parts.hostname or "", is_plain=parts.scheme == "http"):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if wrong := _wrong_with(proxy):
        lower = f"{kind}_proxy"
        raise BadInput(
            f"{lower if lower in os.environ else lower.upper()}: {wrong}; name an HTTP proxy, as "
            f"http://HOST:PORT, or put {parts.hostname} into NO_PROXY"
        )
    return proxy


def _wrong_with(proxy: str) -> str:
    try:
        parts = urlsplit(proxy)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"is no URL ({error})"
    if parts.scheme.lower() not in ("http", "https"):
        return f"a proxy by {parts.scheme} cannot be used"
    return "" if host else "names no host"


def lost(error: BaseException, url: str) -> Fault:
    """The fault of a connection that failed: which host, and why."""
    causes = list(_causes(error))
    # the openai library's own error stands before the one of the connection
    kinds = {kind.__name__ for each in causes[:2] for kind in type(each).__mro__}
    is_paid = not kinds.intersection(NEVER_SENT)
    proxy = proxy_for(url)
    way = f" by the proxy {host_of(proxy)}" if proxy else ""
    told = f"connection to {host_of(url)}{way}"
    for cause in causes:
        for kind_of_error, fault_kind, words in () if is_paid else REASONS:
            if isinstance(cause, kind_of_error):
                return Fault(fault_kind, f"{told}: {words.format(cause)}")
    what = "lost" if is_paid else "failed"
    return Fault(FaultKind.PASSING, f"{told} {what}: {_root(causes)}", is_paid=is_paid)


def host_of(url: str) -> str:
    """Host and port of a URL, without name and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, outermost first; of a group, its first."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        first = cause.exceptions[0] if isinstance(cause, BaseExceptionGroup) else None
        cause = first or cause.__cause__ or cause.__context__


def _root(causes: list[BaseException]) -> str:
    """The innermost cause that has words, with its kind."""
    told = next((each for each in reversed(causes) if str(each)), causes[-1])
    return f"{type(told).__name__}: {told}"
