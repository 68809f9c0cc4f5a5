"""A still picture of a printer's bed: from the address of a webcam, or from a camera built in.

mjpg-streamer, OctoPi and most network cameras give one JPEG for one request. What comes is a
stranger's: it is looked at no further than its first bytes, and only a browser draws it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx

from printd.core.errors import CameraAway
from printd.core.printer_config import BambuPrinterConfig, PrinterConfig
from printd.printers.camera_limits import CONNECT_S, JPEG, MOST_BYTES, STILL_S


def still_of(name: str, config: PrinterConfig) -> bytes:
    """Return a picture (JPEG) of the bed of a printer as it is now.

    Args:
        name: of the printer.
        config: its part of the configuration.

    Raises:
        CameraAway: it has no camera, or the camera gives no picture.
    """
    if config.camera_url is not None:
        return _of_webcam(name, config.camera_url)
    if isinstance(config, BambuPrinterConfig) and config.camera:
        from printd.printers.bambu import camera  # imported when there is one, as the printer is

        return camera.still(name, config)
    raise CameraAway(f"{name} has no camera.", action="Name its `camera_url`.")


def _of_webcam(name: str, address: str) -> bytes:
    until_s = time.monotonic() + STILL_S
    try:
        with (
            httpx.Client(
                timeout=httpx.Timeout(STILL_S, connect=CONNECT_S),
                trust_env=False,  # no proxy, no .netrc: what is configured is what is asked
                follow_redirects=False,
            ) as client,
            client.stream("GET", address) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise CameraAway(f"The camera of {name} answers {answer.status_code}.")
            return _picture(name, answer.iter_bytes(), until_s)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        # Not its words: they repeat the address, which may hold a password.
        raise CameraAway(
            f"The camera of {name} does not answer ({type(error).__name__})."
        ) from error


def _picture(name: str, pieces: Iterator[bytes], until_s: float) -> bytes:
    picture = bytearray()
    for piece in pieces:
        picture += piece
        if not JPEG.startswith(picture[: len(JPEG)]):
            raise CameraAway(f"The camera of {name} sends no JPEG.")
        if len(picture) > MOST_BYTES:
            raise CameraAway(f"The camera of {name} sends more than {MOST_BYTES / 1e6:.0f} MB.")
        if time.monotonic() > until_s:
            raise CameraAway(f"The camera of {name} is slower than {STILL_S:.0f} s.")
    if not picture.startswith(JPEG):
        raise CameraAway(f"The camera of {name} sends nothing.")
    return bytes(picture)
