"""TLS on both ports: who is let in, and certificates that change while the server runs."""

import asyncio
import logging
import shutil
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from littlegiants.client import AdminClient, Credentials, GeneratorClient
from littlegiants.errors import BadInput, Unavailable
from services.generator.security.tls import server_credentials
from services.generator.settings import GeneratorSettings
from tests.unit.certificate_authority import SERVER_NAME, Authority, new_authority
from tests.unit.scripted_server import Scripted, free_port, prompt_of, scripted_server

PLAINTEXT = Credentials()


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Known to both sides."""
    return new_authority("both sides")


@pytest.fixture
def files(authority: Authority, tmp_path: Path) -> dict[str, Any]:
    """Settings of a server with TLS."""
    cert, key = authority.issue(tmp_path, "server")
    return {"tls_cert": cert, "tls_key": key}


@pytest.fixture
def ca(authority: Authority, tmp_path: Path) -> Path:
    """What the server's certificate is checked by."""
    return authority.write(tmp_path / "ca.crt")


@pytest.fixture
def tls(ca: Path) -> Credentials:
    """Of a client that knows the authority."""
    return Credentials(ca=ca, server_name=SERVER_NAME)


async def ask(address: str, credentials: Credentials) -> bool:
    """Whether a call on a new connection gets its sample."""
    async with GeneratorClient(address, credentials=credentials) as client:
        (answer,) = await client.generate(prompt_of(), timeout_s=1.5)
    return answer.sample is not None


async def served_serial(server: Scripted) -> int:
    """Serial number of the certificate that a new handshake is shown."""

    def handshake() -> bytes | None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        address = ("127.0.0.1", server.listening.port)
        with (
            socket.create_connection(address, timeout=5) as plain,
            context.wrap_socket(plain) as secured,
        ):
            return secured.getpeercert(binary_form=True)

    shown = await asyncio.to_thread(handshake)
    assert shown
    return x509.load_der_x509_certificate(shown).serial_number


def serial_in(path: Path) -> int:
    """Of the certificate in a file."""
    return x509.load_pem_x509_certificate(path.read_bytes()).serial_number


async def test_only_tls_gets_through(files: dict[str, Any], tls: Credentials) -> None:
    async with scripted_server(**files) as server:
        assert await ask(server.address, tls)
        with pytest.raises(Unavailable):
            await ask(server.address, PLAINTEXT)


async def test_a_client_refuses_a_server_that_its_authority_did_not_sign(
    files: dict[str, Any], tmp_path: Path
) -> None:
    other = Credentials(
        ca=new_authority("other").write(tmp_path / "other.crt"), server_name=SERVER_NAME
    )
    async with scripted_server(**files) as server:
        with pytest.raises(Unavailable):
            await ask(server.address, other)


async def test_clients_show_a_certificate_where_their_authority_is_given(
    authority: Authority, files: dict[str, Any], tls: Credentials, tmp_path: Path
) -> None:
    assert tls.ca
    cert, key = authority.issue(tmp_path, "client", common_name="client")
    foreign_cert, foreign_key = new_authority("other").issue(tmp_path, "foreign")
    own = Credentials(ca=tls.ca, cert=cert, key=key, server_name=SERVER_NAME)
    foreign = Credentials(ca=tls.ca, cert=foreign_cert, key=foreign_key, server_name=SERVER_NAME)
    async with scripted_server(**files, tls_client_ca=tls.ca) as server:
        assert await ask(server.address, own)
        for refused in (tls, foreign):
            with pytest.raises(Unavailable):
                await ask(server.address, refused)


async def test_the_admin_port_has_tls_too(files: dict[str, Any], tls: Credentials) -> None:
    async with scripted_server(**files, admin_port=free_port()) as server:
        async with AdminClient(server.admin_address, credentials=PLAINTEXT) as admin:
            with pytest.raises(Unavailable):
                await admin.drain(timeout_s=1)
        assert not server.served.is_draining
        async with AdminClient(server.admin_address, credentials=tls) as admin:
            assert await admin.drain(timeout_s=1) == 0


async def test_the_next_handshake_shows_the_certificate_that_is_on_disk(
    authority: Authority, files: dict[str, Any], tls: Credentials, tmp_path: Path
) -> None:
    async with (
        scripted_server(**files) as server,
        GeneratorClient(server.address, credentials=tls) as before,
    ):
        await before.generate(prompt_of())
        old = await served_serial(server)
        assert old == serial_in(files["tls_cert"])
        replace(files, authority.issue(tmp_path, "new"))
        assert await served_serial(server) == serial_in(files["tls_cert"]) != old
        assert await ask(server.address, tls)
        await before.generate(prompt_of())


async def test_files_that_will_not_do_leave_the_certificate_from_before(
    authority: Authority,
    files: dict[str, Any],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with scripted_server(**files) as server:
        old = await served_serial(server)
        new_cert, new_key = authority.issue(tmp_path, "new")
        shutil.copy(new_cert, files["tls_cert"])
        assert [await served_serial(server), await served_serial(server)] == [old, old]
        assert len([each for each in caplog.records if each.levelno == logging.ERROR]) == 1
        assert "keeping the TLS certificate" in caplog.text
        files["tls_key"].write_text("no key")
        assert await served_serial(server) == old
        files["tls_key"].unlink()
        assert await served_serial(server) == old
        shutil.copy(new_key, files["tls_key"])
        assert await served_serial(server) == serial_in(new_cert) != old


async def test_the_authority_of_clients_changes_without_a_restart(
    authority: Authority, files: dict[str, Any], tls: Credentials, tmp_path: Path
) -> None:
    other = new_authority("other")
    clients = other.write(tmp_path / "clients.crt")
    cert, key = authority.issue(tmp_path, "client", common_name="client")
    own = Credentials(ca=tls.ca, cert=cert, key=key, server_name=SERVER_NAME)
    async with scripted_server(**files, tls_client_ca=clients) as server:
        with pytest.raises(Unavailable):
            await ask(server.address, own)
        authority.write(clients)
        assert await ask(server.address, own)


@pytest.mark.parametrize("broken", ["missing", "no certificate", "another's key"])
def test_a_server_does_not_start_with_files_that_will_not_do(
    broken: str, authority: Authority, files: dict[str, Any], tmp_path: Path
) -> None:
    if broken == "missing":
        files["tls_key"].unlink()
    elif broken == "no certificate":
        files["tls_cert"].write_text("nothing")
    else:
        files["tls_key"] = authority.issue(tmp_path, "another")[1]
    settings = GeneratorSettings(role="junior", model=Path("model"), **files)
    with pytest.raises(BadInput, match="tls_cert"):
        server_credentials(settings)


def replace(files: dict[str, Any], new: tuple[Path, Path]) -> None:
    """Put new files in the place of a server's."""
    for name, path in zip(("tls_cert", "tls_key"), new, strict=True):
        shutil.copy(path, files[name])
