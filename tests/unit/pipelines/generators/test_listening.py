"""A generator that sleeps is told from a wrong address, and waited for where it is called."""

import asyncio
import socket
from typing import Any

import pytest

from littlegiants.client import GeneratorClient
from littlegiants.errors import Unavailable
from pipelines.generators.endpoint import awake
from pipelines.generators.listening import listens
from tests.unit.scripted_server import free_port, scripted_server

KNOWN = ("lg-junior.giants", "lg-senior-predictor.giants")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that knows Services with an address of their own alone."""

    async def lookup(loop: Any, host: str, *_: Any, **__: Any) -> list[Any]:
        if host in KNOWN:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 0))]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", lookup)


@pytest.mark.parametrize("role", ["junior", "senior"])
@pytest.mark.usefixtures("cluster")
async def test_a_service_without_pods_is_no_wrong_address(role: str) -> None:
    assert not await listens(f"dns:///lg-{role}-headless.giants:50051", 60)


@pytest.mark.parametrize("host", ["lg-revisor-headless.giants", "lg-junior.giant", "lg-junior"])
@pytest.mark.usefixtures("cluster")
async def test_a_name_that_nobody_has_is_one(host: str) -> None:
    with pytest.raises(Unavailable, match="nothing listens"):
        await listens(f"dns:///{host}:50051", 0)


async def test_a_stage_waits_for_a_generator_that_is_woken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    port = free_port()
    async with GeneratorClient(f"127.0.0.1:{port}") as client:
        asked = asyncio.create_task(awake(client, "junior"))
        await asyncio.sleep(0.3)
        assert not asked.done()
        async with scripted_server(port=port):
            info = await asyncio.wait_for(asked, 20)
    assert info.weights_digest == "first"
    told = capsys.readouterr().out
    assert told.count("nobody serves at") == 1
    assert f"[junior] nobody serves at 127.0.0.1:{port} yet; waiting" in told
