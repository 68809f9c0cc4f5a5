"""The certificate that answers at an address: whose it says it is, and by which digits it is known.

It is only looked at, and nothing of ours is sent: who is trusted is decided with ``tls``.
Source of the form: RFC 5280; that a printer's certificate bears its serial: OpenBambuAPI tls.md.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from printd.printers.bambu.failures import NoAnswer, meaning
from printd.printers.bambu.values import text

SEQUENCE: Final = 0x30
SUBJECT: Final = 3  # of the sequences in a certificate: algorithm, issuer, times, subject, key
COMMON_NAME: Final = b"\x55\x04\x03"  # 2.5.4.3


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate."""

    name: str  # of whom it is: the serial number of a printer; "": it names nobody
    fingerprint: str  # SHA-256, 64 lower-case hexadecimal digits


def certificate_at(host: str, port: int, within_s: float) -> Shown:
    """Return the certificate of whatever answers there, trusted or not.

    Raises:
        NoAnswer: nothing does, or not with TLS.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), within_s) as line,
            context.wrap_socket(line) as met,
        ):
            leaf = met.getpeercert(binary_form=True)
    except OSError as error:
        raise meaning(error, f"MQTT (port {port})") from error
    if not leaf:
        raise NoAnswer("It shows no certificate.")
    return Shown(common_name(leaf), hashlib.sha256(leaf).hexdigest())


def common_name(leaf: bytes) -> str:
    """Return the common name of a certificate's subject; "" where none can be read.

    Args:
        leaf: in DER.
    """
    try:
        _, whole = next(_parts(leaf))
        _, inner = next(_parts(whole))
        subject = [content for tag, content in _parts(inner) if tag == SEQUENCE][SUBJECT]
        for _, names in _parts(subject):
            for _, name in _parts(names):
                (_, kind), (_, value), *_ = _parts(name)
                if kind == COMMON_NAME:
                    return text(value.decode("utf-8", "replace"))
    except (IndexError, StopIteration, ValueError):
        return ""
    return ""


def _parts(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each part that stands in a constructed one."""
    at = 0
    while at < len(content):
        tag, size = content[at], content[at + 1]
        at += 2
        if size & 0x80:
            digits = size & 0x7F
            size = int.from_bytes(content[at : at + digits])
            at += digits
        if at + size > len(content):
            raise ValueError("it is cut off")
        yield tag, content[at : at + size]
        at += size
