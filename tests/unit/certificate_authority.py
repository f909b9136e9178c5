"""A certificate authority for tests: keys and certificates as PEM files."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SERVER_NAME = "generator.example"
PLAIN = serialization.NoEncryption()


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs what it is asked to."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def write(self, path: Path) -> Path:
        """Its own certificate, which others are checked by."""
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def issue(
        self, folder: Path, name: str, *, common_name: str = SERVER_NAME
    ) -> tuple[Path, Path]:
        """A certificate and its key, as the files NAME.crt and NAME.key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(common_name, key, signer=self)
        paths = folder / f"{name}.crt", folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        paths[1].write_bytes(key.private_bytes(encoding, form, PLAIN))
        return paths


def new_authority(name: str) -> Authority:
    """An authority that nobody knows yet."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(key, _certificate(name, key))


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, signer: Authority | None = None
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    return builder.sign(signer.key if signer else key, hashes.SHA256())
