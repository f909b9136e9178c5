"""Credentials of a client: how it shows who it is, and knows whom it talks to.

A token goes over plaintext too, where the network is trusted to keep it; without `ca`, `cert` and
`key` there is no TLS. For servers whose certificate a public authority signed, `ca` is the system's
own bundle. Certificates are read when a connection is opened, a token file at every call.
"""

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

import grpc
import grpc.aio

from littlegiants.errors import BadInput

PREFIX = "LITTLEGIANTS_"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token or a file that holds one; CA, certificate and key (PEM files); the server's name.

    `server_name` is the name in the server's certificate where that is not the address.
    """

    token: str = field(default="", repr=False)
    token_file: Path | None = None
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    server_name: str = ""

    def __post_init__(self) -> None:
        if (self.cert is None) != (self.key is None):
            raise BadInput("cert: give the client's certificate and its key together")

    @classmethod
    def from_environment(cls, **chosen: Any) -> Self:
        """What LITTLEGIANTS_TOKEN, _TOKEN_FILE, _CA, _CERT, _KEY and _SERVER_NAME say.

        `chosen` values that are not None go before them.
        """
        found: dict[str, Any] = {}
        for each in fields(cls):
            value = os.environ.get(PREFIX + each.name.upper())
            if value:
                found[each.name] = value if each.type is str else Path(value)
        found |= {name: value for name, value in chosen.items() if value is not None}
        return cls(**found)

    def bearer_token(self) -> str:
        """The token as it is now; empty when there is none.

        Raises BadInput when its file cannot be read, or holds what no call can carry.
        """
        token = self.token
        if self.token_file is not None:
            token = _read(self.token_file, "token_file").decode(errors="replace").strip()
        if not (token.isascii() and token.isprintable()):
            raise BadInput(f"token: {self.token_file or 'it'} must be one line of ASCII")
        return token

    def channel_credentials(self) -> grpc.ChannelCredentials | None:
        """TLS as the files say; None for plaintext.

        Raises BadInput when one cannot be read.
        """
        if self.ca is None and self.cert is None:
            return None
        return grpc.ssl_channel_credentials(
            root_certificates=_read(self.ca, "ca") if self.ca else None,
            private_key=_read(self.key, "key") if self.key else None,
            certificate_chain=_read(self.cert, "cert") if self.cert else None,
        )

    def interceptors(self) -> tuple[grpc.aio.ClientInterceptor, ...]:
        """What adds the token to each call, on a connection with or without TLS."""
        if not self.token and self.token_file is None:
            return ()
        return (_UnaryToken(self), _StreamToken(self))


class _UnaryToken(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def intercept_unary_unary(
        self, continuation: Any, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(_with_token(client_call_details, self._credentials), request)


class _StreamToken(grpc.aio.UnaryStreamClientInterceptor):
    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def intercept_unary_stream(
        self, continuation: Any, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(_with_token(client_call_details, self._credentials), request)


def _with_token(
    details: grpc.aio.ClientCallDetails, credentials: Credentials
) -> grpc.aio.ClientCallDetails:
    metadata = grpc.aio.Metadata(*(details.metadata or ()))
    metadata.add("authorization", f"Bearer {credentials.bearer_token()}")
    return grpc.aio.ClientCallDetails(
        details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
    )


def _read(path: Path, field_name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{field_name}: {path} cannot be read: {error.strerror}") from error
