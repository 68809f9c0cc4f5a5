"""A still picture from the camera that is built into P1, A1 and their kin: one frame of its stream.

A TLS connection on a port of its own, 80 bytes that let one in, then frames: 16 bytes of which the
first four say how long the JPEG behind them is. X1 and H2 speak RTSP instead.
Source: OpenBambuAPI video.md, ha-bambulab (bambu_client.py).
"""

from __future__ import annotations

import socket
import ssl
import struct
import time
from typing import Final

from printd.core.errors import CameraAway, ConfigInvalid
from printd.core.printer_config import BambuPrinterConfig
from printd.core.secretfile import read_secret
from printd.printers.bambu.failures import OtherFingerprint
from printd.printers.bambu.tls import context_for
from printd.printers.camera_limits import CONNECT_S, JPEG, MOST_BYTES, STILL_S

USER: Final = b"bblp"
HELLO: Final = struct.Struct("<IIII32s32s")
HEADER: Final = struct.Struct("<I12x")
END: Final = b"\xff\xd9"


def still(name: str, config: BambuPrinterConfig) -> bytes:
    """Return one frame (JPEG).

    Args:
        name: of the printer.
        config: its part of the configuration.

    Raises:
        CameraAway: the camera gives no picture.
    """
    context = context_for(config.serial, fingerprint=config.fingerprint, ca_file=config.ca_file)
    try:
        code = read_secret(config.access_code_file).encode("ascii")
    except ConfigInvalid as error:  # the file has changed since the start
        raise CameraAway(error.problem, action=error.action) from error
    until_s = time.monotonic() + STILL_S
    try:
        with (
            socket.create_connection((config.host, config.camera_port), CONNECT_S) as plain,
            context.wrap_socket(plain) as line,
        ):
            line.sendall(HELLO.pack(0x40, 0x3000, 0, 0, USER, code))
            (size,) = HEADER.unpack(_read(line, HEADER.size, until_s))
            if size > MOST_BYTES:
                raise CameraAway(f"The camera of {name} sends {size / 1e6:.0f} MB.")
            frame = _read(line, size, until_s)
    except (OtherFingerprint, ssl.SSLCertVerificationError) as error:
        raise CameraAway(f"The camera of {name} has another certificate.") from error
    except EOFError as error:
        raise CameraAway(
            f"The camera of {name} ends the connection.",
            action="Look at the access code, and whether LAN live view is on at the printer.",
        ) from error
    except OSError as error:
        raise CameraAway(
            f"The camera of {name} does not answer: {error.strerror or type(error).__name__}."
        ) from error
    if not frame.startswith(JPEG) or not frame.endswith(END):
        raise CameraAway(f"The camera of {name} sends no JPEG.")
    return frame


def _read(line: ssl.SSLSocket, size: int, until_s: float) -> bytes:
    """Read exactly so much, until a moment at most."""
    read = bytearray()
    while len(read) < size:
        line.settimeout(max(0.01, until_s - time.monotonic()))
        piece = line.recv(min(1 << 16, size - len(read)))
        if not piece:
            raise EOFError
        read += piece
    return bytes(read)
