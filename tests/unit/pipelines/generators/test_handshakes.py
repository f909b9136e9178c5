"""TLS that keeps a caller out ends a wait for a generator, which no waiting heals."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.client import GeneratorClient
from littlegiants.errors import BadInput
from pipelines.generators import listening
from pipelines.generators.endpoint import awake
from pipelines.generators.promotion import await_served
from pipelines.generators.weights_channel import Channel
from tests.unit.certificate_authority import SERVER_NAME, new_authority
from tests.unit.scripted_server import Scripted, scripted_server
from tests.unit.text_tensors import save_text

KEPT_OUT: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "another CA": ({}, {"CA": "foreign.crt"}, "LITTLEGIANTS_CA must hold the CA"),
    "another name": ({}, {"CA": "ca.crt", "SERVER_NAME": ""}, "must be a name in it"),
    "no CA": ({}, {}, "set LITTLEGIANTS_CA"),
    "no certificate": ({"tls_client_ca": "ca.crt"}, {"CA": "ca.crt"}, "set LITTLEGIANTS_CERT"),
}
OURS = {"tls_cert": "server.crt", "tls_key": "server.key"}


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A folder with certificates of two authorities, and a model."""
    ours, foreign = new_authority("ours"), new_authority("theirs")
    ours.write(tmp_path / "ca.crt")
    for authority, name in ((ours, "server"), (foreign, "foreign")):
        authority.issue(tmp_path, name)
    (tmp_path / "model").mkdir()
    save_text(tmp_path / "model" / "model.safetensors", "new")
    return tmp_path


def tell(told: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller's environment."""
    for name, value in {"SERVER_NAME": SERVER_NAME, **told}.items():
        chosen = value if name == "SERVER_NAME" else str(folder / value)
        monkeypatch.setenv(f"LITTLEGIANTS_{name}", chosen)


async def waited(served: Scripted, _: Path) -> None:
    """As a stage that asks."""
    async with GeneratorClient(served.address) as client:
        await awake(client, "junior")


async def promoted(served: Scripted, folder: Path) -> None:
    """As a promotion."""
    channel = Channel(UPath(folder / "weights"), "junior")
    pointer = channel.point_to(channel.put(folder / "model"))
    await await_served(f"junior={served.address}", channel, pointer)


@pytest.mark.parametrize("wait", [waited, promoted])
@pytest.mark.parametrize("case", KEPT_OUT)
async def test_who_is_kept_out_by_tls_does_not_wait_for_half_an_hour(
    case: str, wait: Any, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more, caller, message = KEPT_OUT[case]
    settings: dict[str, Any] = {
        name: certificates / file for name, file in {**OURS, **more}.items()
    }
    tell(caller, certificates, monkeypatch)
    monkeypatch.setattr(listening, "HEALS_S", 0.5)
    async with scripted_server(**settings) as served:
        with pytest.raises(BadInput) as caught:
            await asyncio.wait_for(wait(served, certificates), 30)
    told = str(caught.value)
    assert told.startswith(f"{served.address}: ") and re.search(message, told), told


async def test_a_certificate_that_is_being_replaced_is_waited_for(
    certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell({"CA": "ca.crt"}, certificates, monkeypatch)
    settings: dict[str, Any] = {
        f"tls_{name}": certificates / f"shown.{end}"
        for name, end in (("cert", "crt"), ("key", "key"))
    }
    put(certificates, "foreign")
    async with scripted_server(**settings) as served:
        asked = asyncio.create_task(waited(served, certificates))
        await asyncio.sleep(0.5)
        assert not asked.done()
        put(certificates, "server")
        await asyncio.wait_for(asked, 30)


def put(folder: Path, name: str) -> None:
    """Have the server show this certificate from now on."""
    for end in (".crt", ".key"):
        (folder / f"shown{end}").write_bytes((folder / f"{name}{end}").read_bytes())
