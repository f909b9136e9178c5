"""TLS of a port: certificates are read again at every handshake, so a new one needs no restart."""

import logging
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeAlias

import grpc

from littlegiants.errors import BadInput
from services.generator.settings import GeneratorSettings

Contents: TypeAlias = "tuple[bytes | None, ...]"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Files:
    """Where a server's certificate is; with `client_ca`, clients must show one that it signed."""

    cert: Path
    key: Path
    client_ca: Path | None = None


class Certificates:
    """The certificate in force: the newest that is whole."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._seen = _checked(files)
        self._looked_at: Contents = self._seen
        self._lock = threading.Lock()

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """Of what was read last."""
        cert, key, *client_ca = self._seen
        return grpc.ssl_server_certificate_configuration(
            [(key, cert)], root_certificates=client_ca[0] if client_ca else None
        )

    def changed(self) -> "grpc.ServerCertificateConfiguration | None":
        """What the next handshake takes; None when it is what the last took."""
        with self._lock:
            found = _read(self._files)
            if found == self._looked_at:
                return None
            self._looked_at = found
            try:
                self._seen = _checked(self._files)
            except BadInput as error:
                log.error("keeping the TLS certificate from before: %s", error)
                return None
            log.info("serving the TLS certificate that is now in %s", self._files.cert)
            return self.configuration()


def server_credentials(settings: GeneratorSettings) -> grpc.ServerCredentials | None:
    """TLS as `settings` say; None for plaintext.

    Raises BadInput when the files will not do.
    """
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    files = Files(settings.tls_cert, settings.tls_key, settings.tls_client_ca)
    certificates = Certificates(files)
    return grpc.dynamic_ssl_server_credentials(
        certificates.configuration(),
        certificates.changed,  # type: ignore[arg-type]  # None is how it says "as before"
        require_client_authentication=files.client_ca is not None,
    )


def _checked(files: Files) -> tuple[bytes, ...]:
    """The files' bytes, when they make a server's TLS.

    Raises BadInput when they do not, or change meanwhile.
    """
    before = _read(files)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(files.cert, files.key, password=_refuse_password)
        if files.client_ca:
            context.load_verify_locations(files.client_ca)
    except (OSError, ValueError) as error:
        names = " and ".join(map(str, (files.cert, files.key, *filter(None, [files.client_ca]))))
        raise BadInput(
            f"tls_cert: {names} cannot be used ({error}); "
            "give PEM files: the chain, its key without a password, the clients' CA"
        ) from error
    contents = [content for content in before if content is not None]
    if _read(files) != before:
        raise BadInput(f"tls_cert: {files.cert} was changed while it was read; it is read again")
    return tuple(contents)


def _read(files: Files) -> Contents:
    """What the files hold; None for one that cannot be read."""
    return tuple(_content(path) for path in (files.cert, files.key, files.client_ca) if path)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _refuse_password() -> NoReturn:
    raise ValueError("the key has a password")
