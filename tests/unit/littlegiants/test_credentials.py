"""What a client shows: from the environment, from flags, and read anew at every call."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from littlegiants.__main__ import main
from littlegiants.cli.flags import BAD_INPUT, DONE
from littlegiants.client import Credentials, GeneratorClient
from littlegiants.errors import BadInput
from tests.unit.certificate_authority import new_authority
from tests.unit.scripted_server import scripted_server


def test_the_environment_is_read_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ca", "cert", "key", "token_file"):
        monkeypatch.setenv(f"LITTLEGIANTS_{name.upper()}", f"/mounted/{name}")
    monkeypatch.setenv("LITTLEGIANTS_SERVER_NAME", "generator")
    assert Credentials.from_environment(ca=Path("other"), cert=None) == Credentials(
        token_file=Path("/mounted/token_file"),
        ca=Path("other"),
        cert=Path("/mounted/cert"),
        key=Path("/mounted/key"),
        server_name="generator",
    )


def test_without_an_environment_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITTLEGIANTS_CA", "")
    assert Credentials.from_environment() == Credentials()
    assert Credentials().channel_credentials() is None
    assert Credentials().interceptors() == ()


@pytest.mark.parametrize(
    ("credentials", "field"),
    [
        (Credentials(ca=Path("/nowhere")), "ca: /nowhere"),
        (Credentials(cert=Path("/nowhere"), key=Path("/nowhere")), "key: /nowhere"),
        (Credentials(token_file=Path("/nowhere")), "token_file: /nowhere"),
        (Credentials("two\nlines"), "token: "),
        (Credentials("t\u00f6ken"), "token: "),
    ],
)
async def test_what_cannot_be_shown_is_named(credentials: Credentials, field: str) -> None:
    with pytest.raises(BadInput, match=f"^{field}"):
        async with GeneratorClient("127.0.0.1:1", credentials=credentials) as client:
            await client.model_info()


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(BadInput, match=r"^cert: "):
        Credentials(cert=Path("cert"))


async def test_a_client_without_credentials_takes_the_environments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tokens").mkdir()
    token = tmp_path / "tokens" / "alice"
    token.write_text("secret")
    async with scripted_server(tokens=token.parent) as server:
        monkeypatch.setenv("LITTLEGIANTS_TOKEN_FILE", str(token))
        async with GeneratorClient(server.address) as client:
            assert (await client.model_info()).role == "junior"
        async with GeneratorClient(server.address, credentials=Credentials()) as client:
            with pytest.raises(BadInput, match="UNAUTHENTICATED"):
                await client.model_info()


async def test_the_command_line_has_flags_for_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    authority = new_authority("both sides")
    ca = authority.write(tmp_path / "ca.crt")
    cert, key = authority.issue(tmp_path, "server", common_name="localhost")
    own = authority.issue(tmp_path, "client")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "alice").write_text("secret")
    tls: dict[str, Any] = {"tls_cert": cert, "tls_key": key, "tls_client_ca": ca}
    async with scripted_server(tokens=tmp_path / "tokens", **tls) as server:
        command = ["info", "--address", f"localhost:{server.listening.port}"]
        command += ["--ca", str(ca), "--cert", str(own[0]), "--key", str(own[1])]
        assert await asyncio.to_thread(main, command) == BAD_INPUT
        assert "authorization" in capsys.readouterr().err
        command += ["--token-file", str(tmp_path / "tokens" / "alice")]
        assert await asyncio.to_thread(main, command) == DONE
    assert '"role":"junior"' in capsys.readouterr().out.replace(" ", "")
