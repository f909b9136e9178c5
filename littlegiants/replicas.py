"""Replicas behind one address: where each of them is."""

import asyncio
import socket
from dataclasses import dataclass

DNS = "dns:///"


@dataclass(frozen=True, slots=True)
class Replica:
    """Where one generator is, and the name that its certificate has."""

    address: str
    name: str = ""


async def replicas_of(address: str) -> list[Replica]:
    """Every generator that the name in dns:///NAME:PORT stands for; another address is one."""
    if not address.startswith(DNS):
        return [Replica(address)]
    name, _, port = address.removeprefix(DNS).rpartition(":")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    hosts = sorted({str(each[4][0]) for each in found})
    return [
        Replica(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", name) for host in hosts
    ]
