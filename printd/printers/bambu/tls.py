"""Whom printd takes for a Bambu printer: a certificate that is pinned, or signed by its maker.

The leaf of a printer is named after its serial number and signed by an authority of its maker, so
no public authority and no host name can vouch for it. At least one of both ways is taken; there is
none without.
Source: OpenBambuAPI tls.md, ha-bambulab (certs), bambuddy (ftp_profiles.py: TLS versions).
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
from pathlib import Path
from typing import Any

from printd.printers.bambu.failures import OtherFingerprint


class _PinnedSocket(ssl.SSLSocket):
    """Looks at the certificate before a byte of ours leaves."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's
        try:
            super().do_handshake(block)
            self._check_pin()
        except BaseException:
            self.close()  # paho does not
            raise

    def _check_pin(self) -> None:
        context = self.context
        if isinstance(context, _Context) and context.fingerprint is not None:
            leaf = self.getpeercert(binary_form=True) or b""
            found = hashlib.sha256(leaf).hexdigest()
            if not hmac.compare_digest(found, context.fingerprint):
                raise OtherFingerprint(found)


class _Context(ssl.SSLContext):
    """Checks a name of its own, whatever address was connected to."""

    sslsocket_class = _PinnedSocket
    serial = ""
    fingerprint: str | None = None

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        return super().wrap_socket(*args, **{**options, "server_hostname": self.serial})


def context_for(
    serial: str,
    *,
    fingerprint: str | None,
    ca_file: Path | None,
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> ssl.SSLContext:
    """Return how connections to one printer are made safe.

    Args:
        serial: the name in its certificate.
        fingerprint: SHA-256 of the certificate, 64 lower-case hexadecimal digits.
        ca_file: who signed it, as PEM.
        newest: of the versions of TLS. The storage of some models loses the end of files with 1.3.

    Raises:
        ValueError: neither is given.
        OSError: ``ca_file`` cannot be used.
    """
    if fingerprint is None and ca_file is None:
        raise ValueError("a printer needs a fingerprint or an authority")
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    context.serial = serial
    context.fingerprint = fingerprint
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = newest
    if ca_file is None:
        context.check_hostname = False  # the pin is the check: no other certificate passes it
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(ca_file)
        # Whoever stands in the file is trusted. The maker's authority lacks an extension (key
        # usage) that Python 3.13 asks for.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
