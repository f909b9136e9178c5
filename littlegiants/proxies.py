"""Which hosts are reached directly, whatever proxy the environment names."""

import ipaddress
import os
import re
from collections.abc import MutableMapping
from urllib.parse import urlsplit

DNS = "dns:///"
LOCAL_NAMES = re.compile(r"localhost|[^.]+|.+\.localhost|.+\.svc|.+\.svc\..+|.+\.cluster\.local")
"""This machine, and services of the cluster: a name without a dot is one of the own namespace."""
NEARBY = ("localhost", "127.0.0.1", "::1", ".svc", ".cluster.local")
STORES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


def is_direct(host: str, *, is_plain: bool = False) -> bool:
    """Whether no proxy stands before `host`: loopback, a service of the cluster, or in NO_PROXY.

    `is_plain` says that it is spoken to without TLS, as services of a cluster mostly are.
    """
    name, is_pod = host.strip("[]").rstrip(".").lower(), "KUBERNETES_SERVICE_HOST" in os.environ
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        is_service = is_pod and is_plain and name.count(".") == 1  # NAME.NAMESPACE
        return is_service or bool(LOCAL_NAMES.fullmatch(name)) or _is_excepted(name)
    is_own = address.is_loopback or address.is_link_local or address.is_unspecified
    return is_own or (is_pod and address.is_private) or _is_excepted(name)


def spare_nearby(environment: MutableMapping[str, str] = os.environ) -> None:
    """Put what is nearby into NO_PROXY where a proxy is named: for libraries that look there only.

    It is for the beginning of a program; an object store counts by the address that it has there.
    """
    if not any(name.lower().endswith("_proxy") and environment[name] for name in environment):
        return
    stores = [urlsplit(environment.get(name, "")).hostname or "" for name in STORES]
    listed = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    known = [entry.strip() for entry in listed.split(",") if entry.strip()]
    more = (*NEARBY, *(host for host in stores if host and is_direct(host)))
    spared = ",".join(dict.fromkeys((*known, *more)))
    environment["no_proxy"] = environment["NO_PROXY"] = spared


def host_of(address: str) -> str:
    """The host of a gRPC address: `HOST:PORT`, `[IPv6]:PORT`, with or without `dns:///`."""
    return address.removeprefix(DNS).rpartition(":")[0].strip("[]")


def _is_excepted(name: str) -> bool:
    """Whether NO_PROXY names it: itself, a domain that it is in, or a network."""
    listed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return any(_covers(each.strip().lower(), name) for each in listed.split(",") if each.strip())


def _covers(entry: str, name: str) -> bool:
    entry = entry.strip("[]")
    try:
        return ipaddress.ip_address(name) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        domain = entry.removeprefix("*").removeprefix(".").partition(":")[0]
        return entry == "*" or name == domain or bool(domain and name.endswith(f".{domain}"))
