"""Which hosts are reached directly, whatever proxy the environment names."""

import ipaddress
import os
import re

DNS = "dns:///"
LOCAL_NAMES = re.compile(r"localhost|[^.]+|.+\.localhost|.+\.svc|.+\.svc\..+|.+\.cluster\.local")
"""This machine, and services of the cluster: a name without a dot is one of the own namespace."""


def is_direct(host: str) -> bool:
    """Whether no proxy stands before `host`: loopback, a service of the cluster, or in NO_PROXY."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return bool(LOCAL_NAMES.fullmatch(name)) or _is_excepted(name)
    is_pods = "KUBERNETES_SERVICE_HOST" in os.environ and address.is_private
    is_own = address.is_loopback or address.is_link_local or address.is_unspecified
    return is_own or is_pods or _is_excepted(name)


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
