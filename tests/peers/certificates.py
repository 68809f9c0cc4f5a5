"""Certificates as printers have them: a private authority, and a leaf whose name is the serial."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs; the vendor's is called ``BBL CA`` and has no key usage extension either."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, name: str = "BBL CA") -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        named = _named(name)
        basic = x509.BasicConstraints(ca=True, path_length=None)
        builder = _builder(named, named, key).add_extension(basic, critical=True)
        return cls(key, builder.sign(key, hashes.SHA256()))

    def issue(self, folder: Path, name: str) -> "Certificate":
        """Write a leaf whose common name is ``name``, without alternative names."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed = _builder(_named(name), self.certificate.subject, key).sign(
            self.key, hashes.SHA256()
        )
        made = Certificate(folder / "ca.pem", folder / "leaf.pem", folder / "leaf.key")
        pem = serialization.Encoding.PEM
        made.authority.write_bytes(self.certificate.public_bytes(pem))
        made.chain.write_bytes(signed.public_bytes(pem) + self.certificate.public_bytes(pem))
        made.key.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        return made


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a leaf: who signed it, the leaf with its chain, its key."""

    authority: Path
    chain: Path
    key: Path

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the leaf, 64 lower-case hex digits."""
        leaf = x509.load_pem_x509_certificate(self.chain.read_bytes())
        return leaf.fingerprint(hashes.SHA256()).hex()


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID)
    )
