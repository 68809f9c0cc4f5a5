"""Why a Bambu printer cannot be spoken to, and the one place where foreign exceptions become that.

Both doors, MQTT and FTPS, fail in the same ways: nobody is there, the certificate is another one,
the access code is wrong.
"""

from __future__ import annotations

import socket
import ssl
from typing import Final

NEW_CODE: Final = (
    "Read the access code at the printer's display (it changes with LAN Only Mode and Developer "
    "Mode), put it into the file that `access_code_file` names, and start printd again."
)
CLOSED: Final = (
    "Check `host`, and that LAN Only Mode is on at the printer; switch the printer off and on."
)
OTHER_CERTIFICATE: Final = (
    "If the printer's board was changed or reset, put the new fingerprint into the configuration; "
    "if not, find out which device answers at this address."
)
CERTIFICATE: Final = "Check `serial`, `ca_file` and `fingerprint` of the printer."


class NoAnswer(Exception):
    """The printer did not answer, or not as it should.

    Args:
        words: why, in a sentence.
        action: what a person can do; "": wait.
        lasting: no waiting helps, a person has to change something.
    """

    def __init__(self, words: str, action: str = "", *, lasting: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.action = action
        self.lasting = lasting


class OtherCertificate(NoAnswer):
    """Something answers that does not have the printer's certificate."""

    def __init__(self, found: str) -> None:
        words = f"Its certificate is not the one that is expected: SHA-256 {found}."
        super().__init__(words, OTHER_CERTIFICATE, lasting=True)


class WrongCode(NoAnswer):
    """It does not let anybody in with this access code."""

    def __init__(self) -> None:
        super().__init__("It does not accept the access code.", NEW_CODE, lasting=True)


class Closed(NoAnswer):
    """Something is there, and does not listen."""

    def __init__(self, door: str) -> None:
        super().__init__(f"Nothing listens at its {door}.", CLOSED)


class OtherFingerprint(ssl.SSLError):
    """The certificate is not the one that is pinned."""

    def __init__(self, found: str) -> None:
        super().__init__(f"the certificate has the fingerprint {found}")
        self.found = found


def meaning(error: Exception, door: str) -> NoAnswer:
    """Return what ``error`` means for whoever wanted to speak to the printer.

    Args:
        error: as the libraries raise it.
        door: which was knocked at, such as ``port 8883``.
    """
    if isinstance(error, OtherFingerprint):
        return OtherCertificate(error.found)
    if isinstance(error, ssl.SSLCertVerificationError):
        words = f"Its certificate is not trusted: {error.verify_message.rstrip('.')}."
        return NoAnswer(words, CERTIFICATE, lasting=True)
    if isinstance(error, ConnectionRefusedError):
        return Closed(door)
    if isinstance(error, socket.gaierror):
        return NoAnswer("Its address is not known in this network.", "Check `host`.")
    if isinstance(error, TimeoutError):
        return NoAnswer(f"It did not answer in time at its {door}.")
    if isinstance(error, ssl.SSLError):
        return NoAnswer(f"No encrypted connection came about at its {door}.")
    return NoAnswer(f"The connection to its {door} broke.")
