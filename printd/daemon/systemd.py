"""Telling systemd how the daemon does. Source: sd_notify(3), sd_watchdog_enabled(3)."""

from __future__ import annotations

import logging
import os
import socket

log = logging.getLogger(__name__)


def notify(words: str) -> None:
    """Send ``READY=1``, ``WATCHDOG=1``, ``STATUS=…`` or ``STOPPING=1``; nothing without systemd."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.settimeout(1.0)
        try:
            line.sendto(words.encode(), address)
        except OSError as error:  # prints go on, whether somebody listens or not
            log.warning("systemd was not told %s: %s", words, error.strerror or error)


def watchdog_s() -> float | None:
    """Return how often systemd wants to hear ``WATCHDOG=1``; None: it does not ask."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    text = os.environ.get("WATCHDOG_USEC", "")
    return int(text) / 1e6 if text.isdecimal() and int(text) else None
